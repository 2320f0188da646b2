//go:build linux

// Package privilege acts as the user: for a moment, with the file permissions alone, or
// for good, when the process drops root's privileges and verifies that they are gone.
package privilege

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"ctenv/internal/hint"
	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// Drop makes this process that of user u, for good, on every thread, with those
// supplementary groups, and verifies that it is. missing says which of the groups are not
// in force, and is nil where all are. On an error this process may be anybody's: nothing
// of the user's may be started. The order is that of credentials(7) and capabilities(7).
func Drop(u wire.User, wanted []wire.Group) (groups []int, missing, err error) {
	if u.UID != 0 {
		if err := clearInherited(); err != nil {
			return nil, nil, err
		}
	}
	groups, missing = setGroups(wanted)
	// The groups first: they take a privilege that the new uid lacks.
	if err := syscall.Setresgid(u.GID, u.GID, u.GID); err != nil {
		return groups, missing, fmt.Errorf("changing to gid %d: %w", u.GID, idError(err))
	}
	if err := syscall.Setresuid(u.UID, u.UID, u.UID); err != nil {
		return groups, missing, fmt.Errorf("changing to uid %d: %w", u.UID, idError(err))
	}
	if err := verifyDrop(u, groups); err != nil {
		return groups, missing, fmt.Errorf("the command is not started: %w", err)
	}
	return groups, missing, nil
}

// idError knows the ways out of an id that cannot be taken on.
func idError(err error) error {
	switch err {
	case unix.EINVAL:
		return hint.With(err, "the id is not mapped in this container; on a rootless engine see /etc/subuid and /etc/subgid")
	case unix.EPERM:
		return hint.With(err, "the container has to keep the capabilities SETUID and SETGID; see --cap-drop in run_args")
	}
	return err
}

// clearInherited empties the ambient and inheritable capability sets of every
// thread. setuid leaves the inheritable set alone, and a file with a matching one
// would give the capability back (capabilities(7)).
func clearInherited() error {
	head, caps, err := capabilities()
	if err != nil {
		return err
	}
	// Engines since 2022 leave it empty, the ambient set with it, which is never
	// more than the inheritable one. Asking is cheaper than interrupting every
	// thread, and verifyDrop looks at both sets of each.
	if caps[0].Inheritable == 0 && caps[1].Inheritable == 0 {
		return nil
	}
	_, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0, 0)
	if errno != 0 && errno != unix.EINVAL { // EINVAL: a kernel without the set
		return fmt.Errorf("clearing ambient capabilities: %w", errno)
	}
	caps[0].Inheritable, caps[1].Inheritable = 0, 0
	_, _, errno = syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&caps[0])), 0)
	if errno != 0 {
		return fmt.Errorf("clearing inheritable capabilities: %w", errno)
	}
	return nil
}

func capabilities() (unix.CapUserHeader, [2]unix.CapUserData, error) {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var caps [2]unix.CapUserData
	if err := unix.Capget(&head, &caps[0]); err != nil {
		return head, caps, fmt.Errorf("reading capabilities: %w", err)
	}
	return head, caps, nil
}

// setGroups sets the supplementary groups and returns those that are in force,
// with an error where some are not: an id that the user namespace does not map,
// or a namespace that denies setgroups(2).
func setGroups(wanted []wire.Group) ([]int, error) {
	all := []int{}
	for _, g := range wanted {
		all = append(all, g.GID)
	}
	// Often there is nothing to change, and changing interrupts every thread.
	if now, err := unix.Getgroups(); err == nil && sameGroups(now, all) {
		return all, nil
	}
	err := syscall.Setgroups(all)
	if err != unix.EINVAL {
		if err != nil {
			all, _ = unix.Getgroups()
			if len(wanted) == 0 {
				err = nil // none were asked for, so none are missing
			}
		}
		return all, err
	}
	mapped, lost := []int{}, []wire.Group{}
	for _, g := range wanted {
		if syscall.Setgroups([]int{g.GID}) == nil {
			mapped = append(mapped, g.GID)
		} else {
			lost = append(lost, g)
		}
	}
	if err := syscall.Setgroups(mapped); err != nil {
		return nil, err
	}
	return mapped, fmt.Errorf("%s: not mapped in this container", named(lost))
}

// named lists groups for a message. The names may be an image's: quoted they steer no
// terminal, and no more than ten are listed.
func named(groups []wire.Group) string {
	var all []string
	for _, g := range groups[:min(len(groups), 10)] {
		all = append(all, fmt.Sprintf("%q (%d)", g.Name, g.GID))
	}
	if more := len(groups) - len(all); more > 0 {
		all = append(all, fmt.Sprintf("%d more", more))
	}
	return strings.Join(all, ", ")
}

// sameGroups compares two lists of groups, in which order and repetition mean
// nothing. An image can have the user be in as many as the kernel takes.
func sameGroups(a, b []int) bool {
	set := func(ids []int) []int { return slices.Compact(slices.Sorted(slices.Values(ids))) }
	return slices.Equal(set(a), set(b))
}

// verifyDrop checks that the drop holds on every thread. With the bit
// SECBIT_NO_SETUID_FIXUP, for one, setuid leaves all capabilities in place.
func verifyDrop(u wire.User, groups []int) error {
	now, err := unix.Getgroups()
	if err != nil {
		return err
	}
	if !sameGroups(now, groups) {
		return fmt.Errorf("the groups are %v, not %v", now, groups)
	}
	if err := verifyThreads(u); err != nil || u.UID == 0 {
		return err
	}
	// The proof: x/sys would ask every thread, one is enough.
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, 0, 0, 0); errno == 0 {
		return errors.New("the process can become root again")
	}
	return nil
}

func verifyThreads(u wire.User) error {
	tasks, err := unix.Open("/proc/self/task", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return verifyThread(u)
	}
	defer unix.Close(tasks)
	verified := 0
	err = saferoot.EachNumber(tasks, func(tid int) error {
		status, err := saferoot.ReadAt(tasks, strconv.Itoa(tid)+"/status")
		if err == unix.ENOENT || err == unix.ESRCH {
			return nil // the thread has ended
		}
		if err != nil {
			return err
		}
		verified++
		return verifyStatus(string(status), u)
	})
	if err == nil && verified == 0 {
		return verifyThread(u)
	}
	return err
}

// verifyStatus checks the ids and capabilities in a proc_pid_status(5).
func verifyStatus(status string, u wire.User) error {
	var uid, gid bool // they are said, and right
	for line := range strings.Lines(status) {
		key, value, _ := strings.Cut(line, ":")
		want := ""
		switch key {
		case "Uid":
			uid, want = true, strings.Repeat(fmt.Sprintf("%d ", u.UID), 4)
		case "Gid":
			gid, want = true, strings.Repeat(fmt.Sprintf("%d ", u.GID), 4)
		case "CapInh", "CapPrm", "CapEff", "CapAmb":
			if u.UID == 0 {
				continue
			}
			want = "0000000000000000 "
		default:
			continue
		}
		if got := strings.Join(strings.Fields(value), " ") + " "; got != want {
			return fmt.Errorf("%s is %s, not %s", key, strings.TrimSpace(got), strings.TrimSpace(want))
		}
	}
	if !uid || !gid {
		return errors.New("the kernel does not say whose process this is")
	}
	return nil
}

// verifyThread is verifyStatus for the calling thread where there is no /proc.
func verifyThread(u wire.User) error {
	ruid, euid, suid := unix.Getresuid()
	rgid, egid, sgid := unix.Getresgid()
	if ruid != u.UID || euid != u.UID || suid != u.UID || rgid != u.GID || egid != u.GID || sgid != u.GID {
		return fmt.Errorf("the ids are %d:%d, %d:%d, %d:%d", ruid, rgid, euid, egid, suid, sgid)
	}
	_, caps, err := capabilities()
	if err == nil && u.UID != 0 && caps != [2]unix.CapUserData{} {
		err = errors.New("capabilities are left")
	}
	return err
}
