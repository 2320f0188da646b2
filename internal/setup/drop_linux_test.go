// The race detector brings cgo, and with it AllThreadsSyscall refuses to work;
// ctenv-init is built without.

//go:build !race

package setup

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// The tests that change this process's ids run in a child each.

func TestDrop(t *testing.T) {
	if !inNamespace(t) {
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
	nullOwner := owner(t, "/dev/null")
	unix.Dup2(int(w.Fd()), 0)
	saved, _ := unix.Dup(1)
	unix.Dup2(int(null.Fd()), 1)
	u := user
	u.Groups = []wire.Group{{Name: "a", GID: 5001}, {Name: "b", GID: 5002}}
	// What setuid would leave in place.
	head, caps, err := capabilities()
	if err != nil {
		t.Fatal(err)
	}
	caps[0].Inheritable = caps[0].Permitted
	if _, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&caps[0])), 0); errno != 0 {
		t.Fatal(errno)
	}
	in := &Init{req: wire.Request{User: u}, msg: Messages{Out: os.Stderr}}
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
	if got := owner(t, "/dev/null"); got != nullOwner {
		t.Errorf("/dev/null is of %v", got)
	}
	if _, err := os.ReadFile("/etc/shadow"); !errors.Is(err, unix.EACCES) {
		t.Errorf("reading the shadow file: %v", err)
	}
	if err := verifyThread(u); err != nil {
		t.Error(err)
	}
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		status, err := os.ReadFile("/proc/self/task/" + task.Name() + "/status")
		if err == nil && !strings.Contains(string(status), "CapInh:\t0000000000000000") {
			t.Errorf("thread %s: %s", task.Name(), status)
		}
	}
}

// Under this bit the kernel leaves every capability in place.
func TestDropRefusesLeftCapabilities(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	const secbitNoSetuidFixup = 1 << 2
	if _, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_SECUREBITS, secbitNoSetuidFixup, 0, 0, 0, 0); errno != 0 {
		t.Fatal(errno)
	}
	in := &Init{req: wire.Request{User: user}, msg: Messages{Out: os.Stderr}}
	if _, err := in.drop(); err == nil || !strings.Contains(err.Error(), "the command is not started: Cap") {
		t.Errorf("error %v", err)
	}
}

func TestDropOfRoot(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	u := wire.User{Name: "root", Group: "root", Home: "/root"}
	in := &Init{req: wire.Request{User: u}, msg: Messages{Out: os.Stderr}}
	if _, err := in.drop(); err != nil {
		t.Fatal(err)
	}
	if _, caps, err := capabilities(); err != nil || caps[0].Effective == 0 {
		t.Errorf("root has lost its capabilities: %v, %v", caps, err)
	}
}

func TestVerifyStatus(t *testing.T) {
	status := func(uid, gid, caps string) string {
		return fmt.Sprintf("Name:\tx\nUid:\t%s\nGid:\t%s\nCapInh:\t%s\nCapPrm:\t0000000000000000\n", uid, gid, caps)
	}
	const none = "0000000000000000"
	for _, tc := range []struct {
		name, status string
		ok           bool
	}{
		{"right", status("4242\t4242\t4242\t4242", "4343\t4343\t4343\t4343", none), true},
		{"saved uid is root's", status("4242\t4242\t0\t4242", "4343\t4343\t4343\t4343", none), false},
		{"file system gid is another", status("4242\t4242\t4242\t4242", "4343\t4343\t4343\t0", none), false},
		{"a capability", status("4242\t4242\t4242\t4242", "4343\t4343\t4343\t4343", "0000000000000002"), false},
		{"empty", "", false},
	} {
		if err := verifyStatus(tc.status, user); (err == nil) != tc.ok {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}
