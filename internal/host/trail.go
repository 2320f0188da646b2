package host

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/moby/sys/user"
	"golang.org/x/sys/unix"

	"ctenv/internal/owners"
)

// Mine says who counts as the caller. As root that is also who called sudo, as git has
// it: sudo was that user's word.
func Mine(env map[string]string, safe []string) owners.Mine {
	m := owners.Mine{UIDs: []int{os.Getuid()}}
	if uid, err := strconv.Atoi(env["SUDO_UID"]); err == nil && os.Getuid() == 0 {
		m.UIDs = append(m.UIDs, uid)
	}
	// By name and by the real path, as on a trail both stand.
	for _, dir := range append(strings.Split(env[owners.Variable], ":"), safe...) {
		if dir == "*" || path.IsAbs(dir) {
			m.Safe = append(m.Safe, path.Clean(dir), realPath(dir))
		}
	}
	return m
}

// Exposed says why somebody besides the caller and root could exchange what is in a
// directory, "" where nobody could. It may be missing: then it counts who could make it.
func Exposed(dir string, mine owners.Mine) string {
	trail, err := Trail(dir)
	if missing := (*fs.PathError)(nil); errors.As(err, &missing) && errors.Is(err, fs.ErrNotExist) {
		for i, s := range trail {
			// The sticky bit keeps what is there, alone.
			trail[i].Sticky = s.Sticky && s.Path != path.Dir(missing.Path)
		}
		err = nil
	}
	if err != nil {
		return fmt.Sprintf("%q cannot be looked at (%v)", dir, cause(err))
	}
	if s := trail.Judge(mine); s != nil {
		return fmt.Sprintf("%q %s", s.Step.Path, s.Why)
	}
	return ""
}

// opened tells whether a path names what a process has open already, such as a pipe of a
// shell's: it lies in no directory.
func opened(p string) bool {
	return slices.ContainsFunc([]string{"/dev/stdin", "/dev/fd/*", "/proc/*/fd/*"}, func(pattern string) bool {
		ok, _ := path.Match(pattern, p)
		return ok
	})
}

// Trail looks at a file and the way to it, which it follows as the system does
// (path_resolution(7)), from "/" on. So what is believed stays: nobody but whom it is believed
// of can exchange a step behind the walk, and what is opened by the same path afterwards is
// what was judged. Where there is none, nothing may be opened. An error is the system's,
// and the trail then goes as far as there is a way.
func Trail(p string) (owners.Trail, error) {
	if opened(p) { // whoever /proc belongs to, as in a user namespace
		s, err := openedStep(p)
		return owners.Trail{s}, err
	}
	here := "/"
	first, err := step(here)
	if err != nil {
		return nil, err
	}
	trail := owners.Trail{first}
	todo := strings.Split(p, "/")
	for links := 0; len(todo) > 0; {
		name := todo[0]
		todo = todo[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			here = path.Dir(here) // of a real path, so the directory itself
			continue
		}
		next := path.Join(here, name)
		if opened(next) && len(todo) == 0 {
			s, err := openedStep(next)
			return append(trail, s), err
		}
		s, err := step(next)
		if err != nil {
			return trail, err
		}
		trail = append(trail, s)
		target, err := os.Readlink(next)
		if errors.Is(err, syscall.EINVAL) { // no link
			here = next
			continue
		}
		if err != nil {
			return trail, err
		}
		if links++; links > maxLinks {
			return trail, &fs.PathError{Op: "stat", Path: p, Err: syscall.ELOOP}
		}
		if path.IsAbs(target) {
			here = "/"
		}
		todo = append(strings.Split(target, "/"), todo...)
	}
	return trail, nil
}

// Links are the symlinks on the way to p, by real paths of the directories that they are in.
func Links(p string) (links []string) {
	if Real(p) == path.Clean(p) {
		return nil
	}
	trail, _ := Trail(p) // as far as it exists
	for _, s := range trail {
		if s.Link {
			links = append(links, s.Path)
		}
	}
	return links
}

// openedStep is what a process has open.
func openedStep(p string) (owners.Step, error) {
	info, err := os.Stat(p)
	if err != nil {
		return owners.Step{}, err
	}
	return owners.Step{Path: p, UID: Owner(info)}, nil
}

func step(p string) (owners.Step, error) {
	info, err := os.Lstat(p)
	if err != nil {
		return owners.Step{}, err
	}
	st := info.Sys().(*syscall.Stat_t)
	s := owners.Step{Path: p, UID: int(st.Uid), Directory: info.IsDir(), Sticky: info.Mode()&fs.ModeSticky != 0, Link: info.Mode()&fs.ModeSymlink != 0}
	switch mode := info.Mode(); {
	case mode&(fs.ModeSymlink|fs.ModeDevice) != 0: // who writes to a device changes nothing of it
	case mode&0o002 != 0:
		s.Writers = "everybody"
	case mode&0o020 != 0:
		s.Writers = groupWriters(p, int(st.Gid))
	}
	return s, nil
}

// groupWriters says who may write where the bits of the group allow it. With an access
// control list those bits are the list's mask (acl(5)).
func groupWriters(p string, gid int) string {
	acl, err := accessList(p)
	switch {
	case errors.Is(err, errNoList):
		return groupOfOthers(gid)
	case err != nil:
		return "whom its access control list names"
	}
	for _, e := range acl {
		if e.perm&acl.mask()&2 == 0 {
			continue
		}
		switch e.tag {
		case aclUser:
			if int(e.id) != os.Getuid() && e.id != 0 {
				return fmt.Sprintf("uid %d", e.id)
			}
		case aclGroup, aclGroupObj:
			id := gid
			if e.tag == aclGroup {
				id = int(e.id)
			}
			if who := groupOfOthers(id); who != "" {
				return who
			}
		}
	}
	return ""
}

// The tags of an access control list that matter here (linux/posix_acl.h).
const (
	aclUser     = 0x02
	aclGroupObj = 0x04
	aclGroup    = 0x08
	aclMask     = 0x10
)

type aclEntry struct {
	tag, perm uint16
	id        uint32
}

type accessControl []aclEntry

func (l accessControl) mask() uint16 {
	for _, e := range l {
		if e.tag == aclMask {
			return e.perm
		}
	}
	return 7
}

var errNoList = errors.New("no access control list")

// accessList reads a POSIX access control list (linux/posix_acl_xattr.h).
func accessList(p string) (accessControl, error) {
	buf := make([]byte, 4096)
	n, err := unix.Lgetxattr(p, "system.posix_acl_access", buf)
	if err != nil && err != unix.ERANGE {
		return nil, errNoList // it has none, or its file system knows none
	}
	if err != nil || n < 4 || binary.LittleEndian.Uint32(buf) != 2 {
		return nil, errors.New("an access control list of an unknown kind")
	}
	var list accessControl
	for b := buf[4:n]; len(b) >= 8; b = b[8:] {
		list = append(list, aclEntry{binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:]), binary.LittleEndian.Uint32(b[4:])})
	}
	return list, nil
}

// groupOfOthers names a group that somebody besides the caller and root is in, "" where
// nobody is: with a umask of 002 a user's own files can be written by that user's own group.
func groupOfOthers(gid int) string {
	if gid == 0 || gid == os.Getgid() && privateGroup() {
		return ""
	}
	return "the group " + groupName(gid, strconv.Itoa(gid))
}

// privateGroup says whether the caller's primary group is the caller's alone: nobody
// else is listed in it, or has it as the primary one.
var privateGroup = sync.OnceValue(func() bool {
	uid, gid := os.Getuid(), os.Getgid()
	me, ok := lookup("passwd", uid, user.ParsePasswdFilter, func(e user.User) bool { return e.Uid == uid })
	if !ok || me.Gid != gid {
		return false
	}
	g, ok := lookup("group", gid, user.ParseGroupFilter, func(e user.Group) bool { return e.Gid == gid })
	if !ok {
		return false
	}
	for _, member := range g.List {
		if member != "" && member != me.Name && member != "root" {
			return false
		}
	}
	// Of a directory service only the members can be asked for: where /etc/passwd itself has
	// the user, it has all who share a group, and a group with the user's own name is made for
	// that user.
	inFile := false
	others, err := user.ParsePasswdFileFilter("/etc/passwd", func(e user.User) bool {
		inFile = inFile || e.Uid == uid
		return e.Gid == gid && e.Uid != uid && e.Uid != 0
	})
	return err == nil && len(others) == 0 && (g.Name == me.Name || inFile)
})
