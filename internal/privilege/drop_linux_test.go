// The race detector brings cgo, and with it AllThreadsSyscall refuses to work;
// ctenv-init is built without.

//go:build !race

package privilege

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"ctenv/internal/scratchroot"
	"ctenv/internal/wire"
)

// The tests that change this process's ids run in a child each.

func TestDrop(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	// What setuid would leave in place.
	head, caps, err := capabilities()
	if err != nil {
		t.Fatal(err)
	}
	caps[0].Inheritable = caps[0].Permitted
	if _, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&caps[0])), 0); errno != 0 {
		t.Fatal(errno)
	}
	groups, missing, err := Drop(user, []wire.Group{{Name: "a", GID: 5001}, {Name: "b", GID: 5002}})
	if err != nil || missing != nil || !slices.Equal(groups, []int{5001, 5002}) {
		t.Fatalf("groups %v, missing %v, %v", groups, missing, err)
	}
	if _, err := os.ReadFile("/etc/shadow"); !errors.Is(err, unix.EACCES) {
		t.Errorf("reading the shadow file: %v", err)
	}
	if err := verifyThread(user); err != nil {
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

// TestDropAfterAsUser: no thread that had the user's file permissions is left behind by
// the drop, on a machine that is too busy to end one quickly.
func TestDropAfterAsUser(t *testing.T) {
	if os.Getenv("PRIVILEGE_TEST_CHILD") == "" {
		scratchroot.Need(t)
		// exit(2) is a thread's; a process uses exit_group(2).
		cmd := exec.Command("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=exit", "-e", "inject=exit:delay_enter=1000000",
			fmt.Sprintf("/proc/%d/exe", os.Getpid()), "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), "PRIVILEGE_TEST_CHILD="+t.Name())
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	for range 3 {
		if err := AsUser(user, func() error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := Drop(user, nil); err != nil {
		t.Error(err)
	}
}

// TestAsUser: what is done so is done as the user, however often, and nothing else is.
func TestAsUser(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	threads := func() int {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			t.Fatal(err)
		}
		return len(tasks)
	}
	dir := scratchroot.TempDir(t)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	before := 0
	for i := range 20 {
		if err := AsUser(user, func() error {
			if _, err := os.ReadFile("/etc/shadow"); !errors.Is(err, unix.EACCES) {
				t.Errorf("reading the shadow file: %v", err)
			}
			return unix.Mkdir(fmt.Sprintf("%s/%d", dir, i), 0o700)
		}); err != nil {
			t.Fatal(err)
		}
		if got := scratchroot.Owner(t, fmt.Sprintf("%s/%d", dir, i)); got != [2]int{user.UID, user.GID} {
			t.Errorf("made as %v", got)
		}
		if i == 0 {
			before = threads()
		}
	}
	// Go itself starts one now and then.
	if after := threads(); after > before+5 {
		t.Errorf("%d threads have become %d", before, after)
	}
	if _, err := os.ReadFile("/etc/shadow"); err != nil {
		t.Error(err)
	}
}

// Under this bit the kernel leaves every capability in place.
func TestDropRefusesLeftCapabilities(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	const secbitNoSetuidFixup = 1 << 2
	if _, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_SECUREBITS, secbitNoSetuidFixup, 0, 0, 0, 0); errno != 0 {
		t.Fatal(errno)
	}
	if _, _, err := Drop(user, nil); err == nil || !strings.Contains(err.Error(), "the command is not started: Cap") {
		t.Errorf("error %v", err)
	}
}

func TestDropOfRoot(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	u := wire.User{Name: "root", Group: "root", Home: "/root"}
	if _, _, err := Drop(u, nil); err != nil {
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
		{"capabilities alone", "CapInh:\t" + none + "\nCapPrm:\t" + none + "\nCapEff:\t" + none + "\n", false},
		{"no gid", "Uid:\t4242\t4242\t4242\t4242\nCapInh:\t" + none + "\n", false},
	} {
		if err := verifyStatus(tc.status, user); (err == nil) != tc.ok {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

// TestGroupsLost: the names of groups that are not mapped, which an image can have
// chosen, steer no terminal and fill none.
func TestGroupsLost(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	var wanted []wire.Group
	for range 25 {
		wanted = append(wanted, wire.Group{Name: "far\x1b[2J\r", GID: 1<<32 - 1})
	}
	groups, missing, err := Drop(user, wanted)
	if err != nil || missing == nil || len(groups) != 0 {
		t.Fatalf("groups %v, missing %v, %v", groups, missing, err)
	}
	if got := missing.Error(); strings.ContainsAny(got, "\x1b\r") || strings.Count(got, "far") != 10 || !strings.Contains(got, ", 15 more: not mapped") {
		t.Errorf("it says %q", got)
	}
}

// TestSameGroups: lists are compared as sets, and long ones not each with each: with
// these that would not end.
func TestSameGroups(t *testing.T) {
	if !sameGroups([]int{2, 1, 2}, []int{1, 2}) || sameGroups([]int{1, 2}, []int{1}) || sameGroups([]int{1}, []int{1, 2}) || !sameGroups(nil, []int{}) {
		t.Error("small lists are compared wrongly")
	}
	a := make([]int, 1<<21)
	for i := range a {
		a[i] = i
	}
	b := slices.Clone(a)
	slices.Reverse(b)
	if !sameGroups(a, b) {
		t.Error("two orders of the same groups differ")
	}
}
