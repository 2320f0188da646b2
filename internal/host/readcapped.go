package host

import (
	"fmt"
	"io"
	"os"
)

// maxFile caps a file of variables, in bytes: all variables together get about
// 2 MiB from the kernel.
const maxFile = 4 << 20

func readCapped(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	// One byte past the cap, so that a longer file is an error and not cut off.
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, cause(err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("longer than %d bytes", maxFile)
	}
	return data, nil
}
