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
	taken := groupNames(data)
	name := string(g.Name)
	for n := 1; taken[name]; n++ {
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

// groupNames are all that some C library takes for the name of one (sharesName).
func groupNames(data []byte) map[string]bool {
	taken := map[string]bool{}
	for _, line := range entries(data) {
		field, _, _ := strings.Cut(line, ":")
		taken[field], taken[strings.TrimLeft(field, leading)] = true, true
	}
	return taken
}

// maxGroups is how many a process can be in: NGROUPS_MAX, credentials(7).
const maxGroups = 1 << 16

// withMemberships are u's groups and those that a group file gives its name, as
// initgroups(3) finds them. The primary group is none of them.
func withMemberships(data []byte, u wire.User) []wire.Group {
	groups := slices.Clone(u.Groups)
	known := map[int]bool{u.GID: true}
	for _, g := range groups {
		known[g.GID] = true
	}
	for _, line := range entries(data) {
		id := groupID(line)
		gid, err := strconv.ParseUint(id, 10, 32)
		if err != nil || gid == 1<<32-1 || known[int(gid)] || len(groups) == maxGroups {
			continue
		}
		f := strings.Split(line, ":")
		if slices.Contains(strings.Split(f[3], ","), string(u.Name)) {
			known[int(gid)] = true
			groups = append(groups, wire.Group{Name: wire.Text(f[0]), GID: int(gid)})
		}
	}
	return groups
}
