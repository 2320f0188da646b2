//go:build linux

package setup

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// drop makes this process the user's, for good.
func (in *Init) drop() (string, error) {
	u := in.req.User
	if err := giveStreams(u.UID); err != nil {
		in.msg.Detail("the terminal or a pipe stays root's: %v", err)
	}
	if u.UID != 0 {
		if err := clearInherited(); err != nil {
			return "", err
		}
	}
	groups, err := setGroups(u.Groups)
	if err != nil {
		in.msg.Warn("some supplementary groups are missing: %v", err)
	}
	// The groups first: they take a privilege that the new uid lacks.
	if err := syscall.Setresgid(u.GID, u.GID, u.GID); err != nil {
		return "", fmt.Errorf("changing to gid %d: %w", u.GID, idError(err))
	}
	if err := syscall.Setresuid(u.UID, u.UID, u.UID); err != nil {
		return "", fmt.Errorf("changing to uid %d: %w", u.UID, idError(err))
	}
	if err := verifyDrop(u, groups); err != nil {
		return "", fmt.Errorf("the command is not started: %w", err)
	}
	return fmt.Sprintf("now uid %d, gid %d, groups %v", u.UID, u.GID, groups), nil
}

// idError knows the ways out of an id that cannot be taken on.
func idError(err error) error {
	switch err {
	case unix.EINVAL:
		return hinted(err, "the id is not mapped in this container; on a rootless engine see /etc/subuid and /etc/subgid")
	case unix.EPERM:
		return hinted(err, "the container has to keep the capabilities SETUID and SETGID; see --cap-drop in run_args")
	}
	return err
}

// giveStreams gives the user the terminal and the pipes among the standard
// streams, so that /dev/stdout and /dev/stderr can be opened. Anything else is
// not ours to give: a redirected stream may be the container's /dev/null.
func giveStreams(uid int) (first error) {
	for fd := range 3 {
		var st unix.Stat_t
		if unix.Fstat(fd, &st) != nil || int(st.Uid) == uid {
			continue
		}
		if !isTerminal(fd) && st.Mode&unix.S_IFMT != unix.S_IFIFO {
			continue
		}
		if err := unix.Fchown(fd, uid, -1); err != nil && first == nil {
			first = err
		}
	}
	return first
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
	mapped, lost := []int{}, []string{}
	for _, g := range wanted {
		if syscall.Setgroups([]int{g.GID}) == nil {
			mapped = append(mapped, g.GID)
		} else {
			lost = append(lost, fmt.Sprintf("%s (%d)", g.Name, g.GID))
		}
	}
	if err := syscall.Setgroups(mapped); err != nil {
		return nil, err
	}
	return mapped, fmt.Errorf("%s: not mapped in this container", strings.Join(lost, ", "))
}

// sameGroups compares two lists of groups, in which order and repetition mean
// nothing.
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
	err = eachNumber(tasks, func(tid int) error {
		status, err := readAt(tasks, strconv.Itoa(tid)+"/status")
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
	checked := 0
	for line := range strings.Lines(status) {
		key, value, _ := strings.Cut(line, ":")
		want := ""
		switch key {
		case "Uid":
			want = strings.Repeat(fmt.Sprintf("%d ", u.UID), 4)
		case "Gid":
			want = strings.Repeat(fmt.Sprintf("%d ", u.GID), 4)
		case "CapInh", "CapPrm", "CapEff", "CapAmb":
			if u.UID == 0 {
				continue
			}
			want = "0000000000000000 "
		default:
			continue
		}
		checked++
		if got := strings.Join(strings.Fields(value), " ") + " "; got != want {
			return fmt.Errorf("%s is %s, not %s", key, strings.TrimSpace(got), strings.TrimSpace(want))
		}
	}
	if checked < 2 {
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
