package configfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"ctenv/internal/hint"
	"ctenv/internal/regular"
)

// maxSize caps a file, in bytes. The largest one that a person writes is a
// hundredth of it; the cap is there for a path that names something else.
const maxSize = 1 << 20

// readFile gives the content of a configuration file. One that was asked for by name
// may be a pipe, and is waited for; a stray one would be waited for without end.
func readFile(path string, pipes bool) ([]byte, error) {
	data, err := regular.Read(path, maxSize)
	kind := (*regular.KindError)(nil)
	switch {
	case err == nil:
		return data, nil
	case errors.As(err, &kind) && kind.Kind != "directory" && pipes:
		return readStream(path)
	case errors.As(err, &kind):
		return nil, fmt.Errorf("configuration file %q is a %s", path, kind.Kind)
	}
	return nil, Unread(path, err)
}

// Unread is the error about a file that cannot be read, or of which cannot be told whose it is.
func Unread(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("configuration file %q does not exist", path)
	}
	return fmt.Errorf("reading %q: %w", path, hint.Cause(err))
}

func readStream(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, Unread(path, err)
	}
	defer f.Close()
	// One byte more than the cap, so that more is an error and not cut.
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, Unread(path, err)
	}
	if len(data) > maxSize {
		return nil, fmt.Errorf("reading %q: it is longer than %d bytes", path, maxSize)
	}
	return data, nil
}
