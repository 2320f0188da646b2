package saferoot_test

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/saferoot"
	"ctenv/internal/scratchroot"
	"ctenv/internal/testfiles"
)

func TestMain(m *testing.M) { os.Exit(scratchroot.Main(m)) }

func TestWalkIn(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	dir, err := os.MkdirTemp("/tmp", "saferoot-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	root, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(root)
	own, err := saferoot.MountID(root)
	if err != nil {
		t.Fatal(err)
	}
	testfiles.Put(t, dir, map[string]string{"a/b": "", "c/d": ""})
	scratchroot.Mount(t, dir+"/a", dir+"/c", "", unix.MS_BIND)
	// The walk that stands in for openat2 finds the same files and refuses the
	// same links.
	os.Symlink("a", dir+"/link")
	for _, tc := range []struct {
		path string
		owns bool
	}{{"a/b", true}, {"c/b", false}} {
		fd, err := saferoot.WalkIn(root, tc.path, unix.O_PATH, false)
		if err != nil {
			t.Fatal(err)
		}
		if mnt, err := saferoot.MountID(fd); err != nil || (mnt == own) != tc.owns {
			t.Errorf("owns %q: %v", tc.path, !tc.owns)
		}
		unix.Close(fd)
	}
	for _, path := range []string{"link/b", "link"} {
		if _, err := saferoot.WalkIn(root, path, unix.O_RDONLY, true); err != unix.ELOOP && err != unix.ENOTDIR {
			t.Errorf("%q: %v", path, err)
		}
		if _, err := saferoot.OpenIn(root, path, unix.O_RDONLY, 0); err != unix.ELOOP && err != unix.ENOTDIR {
			t.Errorf("openat2: %q: %v", path, err)
		}
	}
	if _, err := saferoot.OpenIn(root, "a/../../etc", unix.O_PATH, 0); err != unix.EXDEV {
		t.Errorf("openat2 above the directory: %v", err)
	}
}
