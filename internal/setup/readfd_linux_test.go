package setup

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/saferoot"
	"ctenv/internal/testfiles"
)

func TestReadAndWriteFD(t *testing.T) {
	for _, size := range []int{1, 4095, 4096, 4097, 100_000} {
		data := bytes.Repeat([]byte{'x'}, size)
		f, err := os.OpenFile(filepath.Join(t.TempDir(), "f"), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := saferoot.WriteFD(int(f.Fd()), data); err != nil {
			t.Fatal(err)
		}
		for _, limit := range []int{size, size - 1} {
			if _, err := f.Seek(0, 0); err != nil {
				t.Fatal(err)
			}
			got, err := saferoot.ReadFD(int(f.Fd()), limit)
			if limit < size {
				if err == nil {
					t.Errorf("%d bytes are read where %d are allowed", size, limit)
				}
				continue
			}
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes of %d, %v", len(got), size, err)
			}
		}
	}
	if err := saferoot.WriteFD(-1, []byte("x")); err != unix.EBADF {
		t.Errorf("writing to no file: %v", err)
	}
}

func TestEachNumber(t *testing.T) {
	dir := t.TempDir()
	testfiles.Put(t, dir, map[string]string{"1": "", "23": "", "x": "", "4x": "", "456": ""})
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	var got []int
	if err := saferoot.EachNumber(fd, func(n int) error { got = append(got, n); return nil }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if want := []int{1, 23, 456}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, err := unix.Seek(fd, 0, 0); err != nil {
		t.Fatal(err)
	}
	if err := saferoot.EachNumber(fd, func(int) error { return unix.EPERM }); err != unix.EPERM {
		t.Errorf("an error is lost: %v", err)
	}
}
