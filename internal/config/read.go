package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxSize caps a file, in bytes. The largest one that a person writes is a
// hundredth of it; the cap is there for a path that names something else.
const maxSize = 1 << 20

// readFile gives the content of a configuration file. Only one that was asked
// for by name may be a pipe: opening a stray one would wait for ever.
func readFile(path string, pipes bool) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("configuration file %q does not exist", path)
	case err != nil:
		return nil, fmt.Errorf("reading %q: %w", path, cause(err))
	case info.IsDir():
		return nil, fmt.Errorf("configuration file %q is a folder", path)
	case !info.Mode().IsRegular() && !pipes:
		return nil, fmt.Errorf("configuration file %q is no regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", path, cause(err))
	}
	defer f.Close()
	// One byte more than the cap, so that a longer file is an error and not cut.
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", path, cause(err))
	}
	if len(data) > maxSize {
		return nil, fmt.Errorf("configuration file %q is larger than 1 MiB", path)
	}
	return data, nil
}

// cause drops the path that the message already names.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// absolute resolves a path that the caller gave.
func absolute(path, cwd, home string) string {
	switch {
	case home != "" && path == "~":
		return home
	case home != "" && len(path) > 1 && path[:2] == "~/":
		return filepath.Join(home, path[2:])
	case filepath.IsAbs(path):
		return filepath.Clean(path)
	}
	return filepath.Join(cwd, path)
}
