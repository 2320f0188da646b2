package scratchroot

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// User is somebody whom the machine does not know, and Users their ids.
var (
	User  = wire.User{Name: "bob", UID: 4242, GID: 4343, Group: "staff", Home: "/home/bob"}
	Users = [2]int{User.UID, User.GID}
)

// InNamespace runs the calling test in a child that may mount and give up its ids:
// it reports whether this is the child. All of it happens in the root file system
// that TestMain makes.
func InNamespace(t *testing.T) bool {
	t.Helper()
	Need(t)
	if os.Getenv("SCRATCHROOT_CHILD") == t.Name() {
		if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
			t.Fatal(err)
		}
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "SCRATCHROOT_CHILD="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

// Mount mounts something until the test ends.
func Mount(t *testing.T, source, target, kind string, flags uintptr) {
	t.Helper()
	if err := unix.Mount(source, target, kind, flags, ""); err != nil {
		t.Fatalf("mounting %s: %v", target, err)
	}
	t.Cleanup(func() { unix.Unmount(target, unix.MNT_DETACH) })
}

// Owner is the uid and gid of a file itself.
func Owner(t *testing.T, name string) [2]int {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Lstat(name, &st); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return [2]int{int(st.Uid), int(st.Gid)}
}

// OpenPath opens a file by O_PATH until the test ends.
func OpenPath(t testing.TB, path string) int {
	t.Helper()
	fd, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// TempDir is a directory that stands for a container's root and that any user can reach.
func TempDir(t *testing.T) string {
	t.Helper()
	Need(t)
	dir, err := os.MkdirTemp("/tmp", "root-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Root is TempDir, opened as the container's root is.
func Root(t *testing.T) (string, *saferoot.Root) {
	t.Helper()
	dir := TempDir(t)
	r, err := saferoot.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(r.FD) })
	return dir, r
}

// Content is what a file holds.
func Content(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
