//go:build linux

package setup

import (
	"fmt"

	"golang.org/x/sys/unix"

	"ctenv/internal/account"
	"ctenv/internal/privilege"
)

// drop makes this process the user's, for good.
func (in *Init) drop() (string, error) {
	u := in.req.User
	if err := giveStreams(u.UID); err != nil {
		in.msg.Detail("the terminal or a pipe stays root's: %v", err)
	}
	in.setTextLimits(false)
	wanted, left := account.Groups(in.root, u)
	if left > 0 {
		in.msg.Warn("/etc/group names you in too many groups: %d of them are left out", left)
	}
	groups, missing, err := privilege.Drop(u, wanted)
	if missing != nil {
		in.msg.Warn("some supplementary groups are missing: %v", missing)
	}
	if err != nil {
		return "", err
	}
	in.dropped = true
	return fmt.Sprintf("now uid %d, gid %d, groups %v", u.UID, u.GID, groups), nil
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
