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

// TestIsMount: what is to become the user's is a mount of its own. That a kernel does not say so makes none of
// a directory in somebody else's.
func TestIsMount(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	dir := scratchroot.TempDir(t)
	testfiles.Put(t, dir, map[string]string{"host/sub/f": "", "host/g": "", "at/x": "", "file": "", "other": ""})
	scratchroot.Mount(t, dir+"/host", dir+"/at", "", unix.MS_BIND)
	scratchroot.Mount(t, dir+"/other", dir+"/file", "", unix.MS_BIND)
	check := func(t *testing.T) {
		for path, want := range map[string]bool{"/at": true, "/file": true, "/at/sub": false, "/at/sub/f": false, "/at/g": false, "/host": false, "/other": false} {
			if got := saferoot.IsMount(scratchroot.OpenPath(t, dir+path)); got != want {
				t.Errorf("%s: %v", path, got)
			}
		}
	}
	t.Run("told", check)
	for name, old := range map[string]bool{"old": true, "hidden": false} {
		t.Run(name, func(t *testing.T) {
			defer saferoot.HideStatx(old)()
			check(t)
			// A name that another file has by now tells nothing.
			moved := scratchroot.OpenPath(t, dir+"/at/g")
			if err := errors.Join(os.Rename(dir+"/at/g", dir+"/at/sub/g"), os.WriteFile(dir+"/at/g", nil, 0o600)); err != nil {
				t.Fatal(err)
			}
			if saferoot.IsMount(moved) {
				t.Error("a file that was moved is taken for a mount")
			}
		})
	}
}

// TestWalkLinks: whoever may rename in a directory gives a link of root's another name.
func TestWalkLinks(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	const uid = 4242
	for name, tc := range map[string]struct {
		owner, group int
		mode         uint32
		link         int // its owner
		followed     bool
		member       bool // the user is in root's group
	}{
		"root's":                              {0, 0, 0o755, 0, true, false},
		"another's":                           {77, 77, 0o755, 77, true, false},
		"of an image with umask 002":          {0, 0, 0o775, 0, true, false},
		"the same, user in group 0":           {0, 0, 0o775, 0, false, true},
		"root's alone, user in group 0":       {0, 0, 0o755, 0, true, true},
		"for all, each its own":               {0, 0, 0o1777, 0, true, false},
		"the user's own":                      {0, 0, 0o755, uid, false, false},
		"the user's own in /tmp":              {0, 0, 0o1777, uid, false, false},
		"root's in one of the user's":         {uid, 77, 0o555, 0, false, false},
		"root's in one of the user's, sticky": {uid, 77, 0o1755, 0, false, false},
		"root's in one of a group's":          {0, 77, 0o775, 0, false, false},
		"root's in one for all":               {0, 0, 0o777, 0, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir, r := scratchroot.Root(t)
			testfiles.Put(t, dir, map[string]string{"to/x": "", "at/x": ""})
			if err := errors.Join(os.Symlink("/to", dir+"/at/link"), os.Lchown(dir+"/at/link", tc.link, tc.link), os.Chown(dir+"/at", tc.owner, tc.group), unix.Chmod(dir+"/at", tc.mode)); err != nil {
				t.Fatal(err)
			}
			r.RootGroup = func() bool { return tc.member }
			for _, who := range []int{uid, 0} {
				fd, err := r.Walk("/at/link", who, nil)
				if err == nil {
					unix.Close(fd)
				}
				if followed := tc.followed || who == 0; (err == nil) != followed || err != nil && !errors.Is(err, saferoot.ErrOwnLink) {
					t.Errorf("for uid %d: %v", who, err)
				}
			}
		})
	}
}
