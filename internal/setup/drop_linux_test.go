// The race detector brings cgo, and with it AllThreadsSyscall refuses to work;
// ctenv-init is built without.

//go:build !race

package setup

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/message"
	"ctenv/internal/saferoot"
	"ctenv/internal/scratchroot"
	"ctenv/internal/wire"
)

// TestDrop: the user gets the streams that are pipes, and no device.
func TestDrop(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	nullOwner := scratchroot.Owner(t, "/dev/null")
	unix.Dup2(int(w.Fd()), 0)
	saved, _ := unix.Dup(1)
	unix.Dup2(int(null.Fd()), 1)
	u := user
	u.Groups = []wire.Group{{Name: "a", GID: 5001}, {Name: "b", GID: 5002}}
	in := &Init{req: wire.Request{User: u}, msg: message.Writer{Out: os.Stderr}, root: emptyRoot(t)}
	did, err := in.drop()
	unix.Dup2(saved, 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := "now uid 4242, gid 4343, groups [5001 5002]"; did != want {
		t.Errorf("it says %q, not %q", did, want)
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(r.Fd()), &st); err != nil || int(st.Uid) != user.UID {
		t.Errorf("the pipe is of %d, %v", st.Uid, err)
	}
	if got := scratchroot.Owner(t, "/dev/null"); got != nullOwner {
		t.Errorf("/dev/null is of %v", got)
	}
}

// emptyRoot is a directory that holds no account files.
func emptyRoot(t *testing.T) *saferoot.Root {
	t.Helper()
	root, err := saferoot.OpenRoot("/proc")
	if err != nil {
		t.Fatal(err)
	}
	return root
}
