package chowntree

import (
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/mountinfo"
	"ctenv/internal/saferoot"
	"ctenv/internal/scratchroot"
	"ctenv/internal/testfiles"
)

// A volume by itself takes the short way, one with a mount in it the careful one.
func TestChownAlone(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	dir := scratchroot.TempDir(t)
	testfiles.Put(t, dir, map[string]string{"volume/x": "", "outside/x": ""})
	volume := dir + "/volume"
	scratchroot.Mount(t, "tmpfs", volume, "tmpfs", 0)
	testfiles.Put(t, volume, map[string]string{"a/b": "", "c": "", "inner/x": ""})
	if !alone(scratchroot.OpenPath(t, volume)) {
		t.Error("a volume without mounts in it is not alone")
	}
	if alone(scratchroot.OpenPath(t, dir)) {
		t.Error("the root, with mounts below it, is alone")
	}
	c := New(scratchroot.OpenPath(t, volume), user.UID, user.GID)
	if err := c.Run(); err != nil || c.Changed.Load() != 6 {
		t.Errorf("%d entries changed, %v", c.Changed.Load(), err)
	}
	for _, name := range []string{"", "/a", "/a/b", "/c"} {
		if got := scratchroot.Owner(t, volume+name); got != users {
			t.Errorf("%q is of %v", name, got)
		}
	}
	scratchroot.Mount(t, dir+"/outside", volume+"/inner", "", unix.MS_BIND)
	if alone(scratchroot.OpenPath(t, volume)) {
		t.Error("a volume with a mount in it is alone")
	}
}

func TestStandsAlone(t *testing.T) {
	const plain = "30 1 8:1 / / rw,relatime - ext4 /dev/sda rw\n"
	for name, tc := range map[string]struct {
		info string
		want bool
	}{
		"private":       {plain + "44 30 8:1 /v /v rw - ext4 /dev/sda rw\n", true},
		"the engine's":  {plain + "44 30 8:1 /v /v rw master:7 - ext4 /dev/sda rw\n", true},
		"one below":     {plain + "44 30 8:1 /v /v rw - ext4 /dev/sda rw\n45 44 0:5 / /v/x rw - tmpfs t rw\n", false},
		"one beside":    {plain + "44 30 8:1 /v /v rw - ext4 /dev/sda rw\n45 30 0:5 / /x rw - tmpfs t rw\n", true},
		"not listed":    {plain, false},
		"nothing there": {"", false},
	} {
		mounts, err := mountinfo.Parse(tc.info)
		if err != nil {
			t.Fatal(err)
		}
		if got := standsAlone(mounts, 44); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// An entry that became a mount's root after it was looked at.
func TestChownOnMount(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	dir := scratchroot.TempDir(t)
	testfiles.Put(t, dir, map[string]string{"v/directory/x": "", "v/file": "", "v/plain": "", "out/x": "", "outfile": ""})
	if err := os.Symlink("plain", dir+"/v/link"); err != nil {
		t.Fatal(err)
	}
	scratchroot.Mount(t, dir+"/out", dir+"/v/directory", "", unix.MS_BIND)
	scratchroot.Mount(t, dir+"/outfile", dir+"/v/file", "", unix.MS_BIND)
	at := scratchroot.OpenPath(t, dir+"/v")
	for name, want := range map[string]error{"directory": unix.EXDEV, "file": unix.EXDEV, "plain": nil, "link": nil, "gone": unix.ENOENT} {
		if err := chownOnMount(at, append([]byte(name), 0), user.UID, user.GID); err != want {
			t.Errorf("%s: %v, not %v", name, err, want)
		}
		// As on a kernel without openat2.
		fd, err := saferoot.WalkIn(at, name, unix.O_PATH, true)
		if err != want {
			t.Errorf("%s: walking: %v, not %v", name, err, want)
		}
		unix.Close(fd)
	}
	if _, err := saferoot.WalkIn(at, "directory/x", unix.O_PATH, true); err != unix.EXDEV {
		t.Errorf("walking through a mount: %v", err)
	}
	for name, want := range map[string][2]int{"/out": {}, "/outfile": {}, "/v/plain": users, "/v/link": users} {
		if got := scratchroot.Owner(t, dir+name); got != want {
			t.Errorf("%s is of %v, not %v", name, got, want)
		}
	}
}

// Another container that has the volume, but not the mount in it, swaps the directory
// that the mount is on with a file, all the time.
func TestChownRace(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	dir := scratchroot.TempDir(t)
	volume := dir + "/volume"
	testfiles.Put(t, dir, map[string]string{"volume/inner/x": "", "volume/other/x": "", "outside/x": ""})

	apart, stop, ended := make(chan error), make(chan struct{}), make(chan int)
	go func() {
		runtime.LockOSThread() // and never unlock: the thread ends with this
		apart <- unix.Unshare(unix.CLONE_NEWNS)
		swaps := 0
		for {
			select {
			case <-stop:
				ended <- swaps
				return
			default:
			}
			if unix.Renameat2(unix.AT_FDCWD, volume+"/inner", unix.AT_FDCWD, volume+"/other", unix.RENAME_EXCHANGE) == nil {
				swaps++
			}
		}
	}()
	if err := <-apart; err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(dir+"/outside", volume+"/inner", "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		close(stop)
		if swaps := <-ended; swaps == 0 {
			t.Error("nothing was swapped, so nothing was tested")
		}
		// Where it is now.
		unix.Unmount(volume+"/inner", unix.MNT_DETACH)
		unix.Unmount(volume+"/other", unix.MNT_DETACH)
	})
	// One directory again and again, without the workers, for as many tries as can be.
	c := New(scratchroot.OpenPath(t, volume), user.UID, user.GID)
	buf := make([]byte, direntBuffer)
	for end := time.Now().Add(time.Second); time.Now().Before(end); c.uid++ {
		if err := c.do(&directory{}, buf); err != nil || c.first != nil {
			t.Fatal(err, c.first)
		}
		c.queue = nil
		if got := scratchroot.Owner(t, dir+"/outside"); got != [2]int{} {
			t.Fatalf("the root of the mount is of %v after %d tries", got, c.uid-user.UID+1)
		}
	}
	if got := scratchroot.Owner(t, dir+"/outside/x"); got != [2]int{} {
		t.Fatalf("what is in the mount is of %v", got)
	}
}
