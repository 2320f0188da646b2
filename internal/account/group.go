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
	member := string(u.Name)
	if strings.Contains(member, ",") {
		member = "" // the list of members would read it as two
	}
	groups := append([]wire.Group{{Name: u.Group, GID: u.GID}}, u.Groups...)
	index := indexGroups(data, groups)
	var lines []string
	for i, g := range groups {
		if id := strconv.Itoa(g.GID); !index.ids[id] {
			index.ids[id] = true
			members := member
			if i == 0 {
				members = "" // the primary group has the user by passwd
			}
			lines = append(lines, fmt.Sprintf("%s:*:%d:%s", index.free(g), g.GID, members))
		}
	}
	if len(lines) == 0 {
		return data
	}
	return insertLine(data, beforeCompat(data), strings.Join(lines, "\n"))
}

// groupIndex is what a group file has already of the ids and names that are to be added.
type groupIndex struct{ ids, names map[string]bool }

// indexGroups reads an image's group file once, however many groups are to be added: it
// may be large, and hold millions of other names.
func indexGroups(data []byte, groups []wire.Group) groupIndex {
	wantedIDs, wantedNames := map[string]bool{}, map[string]bool{}
	for _, g := range groups {
		wantedIDs[strconv.Itoa(g.GID)] = true
		wantedNames[string(g.Name)], wantedNames[withID(g)] = true, true
	}
	index := groupIndex{map[string]bool{}, map[string]bool{}}
	for _, line := range entries(data) {
		if id := groupID(line); wantedIDs[id] {
			index.ids[id] = true
		}
		field, _, _ := strings.Cut(line, ":")
		// Both are what some C library takes for the name of one (sharesName).
		for _, name := range []string{field, strings.TrimLeft(field, leading)} {
			if wantedNames[name] || wantedNames[name[:max(0, strings.LastIndexByte(name, '-'))]] {
				index.names[name] = true
			}
		}
	}
	return index
}

// free takes a name for g that no other group has.
func (x groupIndex) free(g wire.Group) string {
	name := string(g.Name)
	for n := 1; x.names[name]; n++ {
		if name = withID(g); n > 1 {
			name += "-" + strconv.Itoa(n)
		}
	}
	x.names[name], x.names[strings.TrimLeft(name, leading)] = true, true
	return name
}

// withID is the name of a group whose own one is another's.
func withID(g wire.Group) string { return fmt.Sprintf("%s-%d", g.Name, g.GID) }

// groupID is the gid field of a complete entry of group(5), else "".
func groupID(line string) string {
	f := strings.Split(line, ":")
	if len(f) != 4 || f[0] == "" || isCompat(line) {
		return ""
	}
	return f[2]
}

// maxMemberships is how many groups of a group file count. Each costs at each start of a
// command, a process can be in 65536 (credentials(7)), and the file may be a stranger's.
const maxMemberships = 256

// withMemberships are u's groups and those that a group file gives its name, as
// initgroups(3) finds them, up to maxMemberships; left is how many more there were. The
// primary group is none of them.
func withMemberships(data []byte, u wire.User) (groups []wire.Group, left int) {
	groups = slices.Clone(u.Groups)
	known := map[int]bool{u.GID: true}
	for _, g := range groups {
		known[g.GID] = true
	}
	for _, line := range entries(data) {
		id := groupID(line)
		gid, err := strconv.ParseUint(id, 10, 32)
		if err != nil || gid == 1<<32-1 || known[int(gid)] {
			continue
		}
		f := strings.Split(line, ":")
		if slices.Contains(strings.Split(f[3], ","), string(u.Name)) {
			known[int(gid)] = true
			if len(groups) == len(u.Groups)+maxMemberships {
				left++
				continue
			}
			groups = append(groups, wire.Group{Name: wire.Text(f[0]), GID: int(gid)})
		}
	}
	return groups, left
}
