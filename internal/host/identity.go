package host

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/moby/sys/user"

	"ctenv/internal/hint"
	"ctenv/internal/look"
	"ctenv/internal/wire"
)

// identity is the caller: from /etc/passwd, else from getent, which knows LDAP
// and systemd-homed too, else from $USER and $HOME.
func identity(env map[string]string) (wire.User, error) {
	uid, gid := os.Getuid(), os.Getgid()
	u := wire.User{UID: uid, GID: gid}
	entry, ok := lookup("passwd", uid, user.ParsePasswdFilter, func(e user.User) bool { return e.Uid == uid })
	switch {
	case ok:
		u.Name, u.Home = wire.Text(entry.Name), wire.Text(entry.Home)
	case env["USER"] != "":
		u.Name = wire.Text(env["USER"])
	case env["LOGNAME"] != "":
		u.Name = wire.Text(env["LOGNAME"])
	default:
		return u, hint.With(fmt.Errorf("your user id %d has no name: neither /etc/passwd nor getent knows it, and USER is not set", uid), "set USER and HOME")
	}
	// Another spelling of the same directory is no other home.
	if home := env["HOME"]; u.Home == "" || homeIsOurs(home, uid) && !sameFile(home, string(u.Home)) {
		u.Home = wire.Text(filepath.Clean(home))
	}
	if !filepath.IsAbs(string(u.Home)) {
		return u, hint.With(fmt.Errorf("your user %q has no home directory", u.Name), "set HOME")
	}
	u.Group = wire.Text(groupName(gid, string(u.Name)))
	return u, nil
}

// subordinate tells whether an id is one that the caller's rootless engines give to files.
func subordinate(uid int) bool {
	return slices.ContainsFunc(subordinates(), func(r user.SubID) bool { return int64(uid) >= r.SubID && int64(uid) < r.SubID+r.Count })
}

// subordinates are the caller's ranges of ids in /etc/subuid. Root has no need of one.
var subordinates = sync.OnceValue(func() []user.SubID {
	uid := os.Getuid()
	f, err := os.Open("/etc/subuid")
	if err != nil || uid == 0 {
		return nil
	}
	defer f.Close()
	me, _ := lookup("passwd", uid, user.ParsePasswdFilter, func(e user.User) bool { return e.Uid == uid })
	ranges, _ := user.ParseSubIDFilter(f, func(r user.SubID) bool {
		return r.Name == strconv.Itoa(uid) || me.Name != "" && r.Name == me.Name
	})
	return ranges
})

// homeIsOurs says whether $HOME may stand for the caller's home: sudo without -H
// leaves another user's there.
func homeIsOurs(home string, uid int) bool {
	info, err := os.Stat(home)
	return err == nil && filepath.IsAbs(home) && info.IsDir() && Owner(info) == uid
}

func groupName(gid int, fallback string) string {
	g, ok := lookup("group", gid, user.ParseGroupFilter, func(e user.Group) bool { return e.Gid == gid })
	if ok {
		return g.Name
	}
	return fallback
}

// Groups are all groups of the caller, with their names where they have one.
func Groups() ([]wire.Group, error) {
	gids, err := os.Getgroups()
	if err != nil {
		return nil, err
	}
	var groups []wire.Group
	for _, gid := range gids {
		groups = append(groups, wire.Group{Name: wire.Text(groupName(gid, "g"+strconv.Itoa(gid))), GID: gid})
	}
	return groups, nil
}

// byGroup names the group that lets the caller into a directory, where neither the primary
// group nor everybody's permission does.
func byGroup(there look.Path) string {
	if !there.Dir || there.Mode&0o011 != 0o010 || there.GID == os.Getgid() {
		return ""
	}
	gids, err := os.Getgroups()
	if err != nil || !slices.Contains(gids, there.GID) {
		return ""
	}
	return groupName(there.GID, strconv.Itoa(there.GID))
}

// lookup finds an id in a database of nsswitch(5): in the file of that name, or
// by getent, whose lines have the same form.
func lookup[T any](database string, id int, parse func(io.Reader, func(T) bool) ([]T, error), match func(T) bool) (T, bool) {
	var none T
	if f, err := os.Open("/etc/" + database); err == nil {
		defer f.Close()
		if found, err := parse(f, match); err == nil && len(found) > 0 {
			return found[0], true
		}
	}
	out, err := exec.Command("getent", database, strconv.Itoa(id)).Output()
	if err != nil {
		return none, false
	}
	found, err := parse(bytes.NewReader(out), match)
	if err != nil || len(found) == 0 {
		return none, false
	}
	return found[0], true
}
