package saferoot_test

import (
	"errors"
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

// A link of the image's leads to a file of the caller's, which root neither reads nor opens:
// to open a device is to act on it already.
func TestLinkToForeign(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	dir, r := scratchroot.Root(t)
	testfiles.Put(t, dir, map[string]string{"etc/x": "", "store/group": "g", "callers/group": "c", "m/x": ""})
	scratchroot.Mount(t, dir+"/callers", dir+"/m", "", unix.MS_BIND)
	os.Symlink("/m/group", dir+"/etc/passwd")
	os.Symlink("/store/group", dir+"/etc/group")

	opened, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(opened)
	opens := func(name string) bool {
		watch, err := unix.InotifyAddWatch(opened, dir+name, unix.IN_OPEN)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.InotifyRmWatch(opened, uint32(watch))
		f, err := r.ReadLinked(map[string]string{"/m/group": "/etc/passwd", "/store/group": "/etc/group"}[name])
		switch {
		case name == "/m/group" && !errors.Is(err, saferoot.ErrForeign):
			t.Errorf("what is behind the caller's mount: %v", err)
		case name == "/store/group" && (err != nil || string(f.Data) != "g"):
			t.Errorf("what is the container's own: %v", err)
		case err == nil:
			f.Close()
		}
		n, _ := unix.Read(opened, make([]byte, 4096))
		return n > 0
	}
	if opens("/m/group") {
		t.Error("the caller's file was opened")
	}
	if !opens("/store/group") {
		t.Error("no opening is seen, so nothing was tested")
	}
}

// Renames and mounts anywhere on the machine have the kernel refuse a path with ".." in it,
// of which an image's link may be.
func TestLinkWhileOthersRename(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	dir, r := scratchroot.Root(t)
	testfiles.Put(t, dir, map[string]string{"etc/x": "", "store/group": "g", "a": "", "b": ""})
	os.Symlink("../store/group", dir+"/etc/group")
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
				_ = unix.Rename(dir+"/a", dir+"/b")
				_ = unix.Rename(dir+"/b", dir+"/a")
			}
		}
	}()
	for try := range 20000 {
		f, err := r.ReadLinked("/etc/group")
		if err != nil {
			t.Errorf("try %d: %v", try, err)
			break
		}
		f.Close()
	}
	close(stop)
	<-ended
}
