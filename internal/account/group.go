package account

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ctenv/internal/wire"
)

// newGroup is what a missing /etc/group starts from.
const newGroup = "root:*:0:\n"

// editGroup returns the text of a group file in which the user's primary gid and
// each supplementary one has a name. A gid that the image names keeps that name,
// and its line its members; every line that was there stays byte for byte.
func editGroup(data []byte, u wire.User) []byte {
	data = realRoot(data, newGroup)
	data = addGroup(data, wire.Group{Name: u.Group, GID: u.GID}, "")
	member := string(u.Name)
	if strings.Contains(member, ",") {
		member = "" // the list of members would read it as two
	}
	for _, g := range u.Groups {
		data = addGroup(data, g, member)
	}
	return data
}

func addGroup(data []byte, g wire.Group, member string) []byte {
	for _, line := range entries(data) {
		if groupID(line) == strconv.Itoa(g.GID) {
			return data
		}
	}
	name := string(g.Name)
	for n := 1; groupNamed(data, name); n++ {
		name = fmt.Sprintf("%s-%d", g.Name, g.GID)
		if n > 1 {
			name += "-" + strconv.Itoa(n)
		}
	}
	return insertLine(data, beforeCompat(data), fmt.Sprintf("%s:*:%d:%s", name, g.GID, member))
}

// groupID is the gid field of a complete entry of group(5), else "".
func groupID(line string) string {
	f := strings.Split(line, ":")
	if len(f) != 4 || f[0] == "" || isCompat(line) {
		return ""
	}
	return f[2]
}

func groupNamed(data []byte, name string) bool {
	for _, line := range entries(data) {
		if sharesName(line, name) {
			return true
		}
	}
	return false
}

// withMemberships are u's groups and those that a group file gives its name, as
// initgroups(3) finds them. The primary group is none of them.
func withMemberships(data []byte, u wire.User) []wire.Group {
	groups := slices.Clone(u.Groups)
	for _, line := range entries(data) {
		id := groupID(line)
		gid, err := strconv.ParseUint(id, 10, 32)
		if err != nil || gid == 1<<32-1 {
			continue
		}
		f := strings.Split(line, ":")
		known := int(gid) == u.GID || slices.ContainsFunc(groups, func(g wire.Group) bool { return g.GID == int(gid) })
		if !known && slices.Contains(strings.Split(f[3], ","), string(u.Name)) {
			groups = append(groups, wire.Group{Name: wire.Text(f[0]), GID: int(gid)})
		}
	}
	return groups
}
