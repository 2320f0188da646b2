package cli

import (
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A disk that is full leaves no file that is empty, or half of one, and in the way of the next
// try.
func TestInitOnAFullDisk(t *testing.T) {
	signal.Ignore(unix.SIGXFSZ) // so that the limit is an error of write(2)
	defer signal.Reset(unix.SIGXFSZ)
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	full := before
	full.Cur = 100
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &full); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), configName)
	err := writeNew(file, []byte(strings.Repeat("x", 200)))
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, unix.EFBIG) {
		t.Errorf("got error %v", err)
	}
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was written of it is there: %v", err)
	}
	if err := writeNew(file, []byte("x")); err != nil {
		t.Error(err)
	}
}
