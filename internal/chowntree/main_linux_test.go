package chowntree

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/scratchroot"
)

// user is who is given everything.
var user = struct{ UID, GID int }{4242, 4343}

var users = [2]int{user.UID, user.GID}

func TestMain(m *testing.M) { os.Exit(scratchroot.Main(m)) }

// tempRoot is a directory that any user can reach, and a descriptor of it.
func tempRoot(t *testing.T) (string, int) {
	t.Helper()
	scratchroot.Need(t)
	dir, err := os.MkdirTemp("/tmp", "chowntree-test-")
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
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return dir, fd
}
