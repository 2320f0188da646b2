package account

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"ctenv/internal/wire"
)

func TestWithMemberships(t *testing.T) {
	u := wire.User{Name: "bob", UID: 1, GID: 100, Groups: []wire.Group{{Name: "video", GID: 44}}}
	for data, want := range map[string]string{
		"":                                   "[{video 44}]",
		"a:x:5:bob\n":                        "[{video 44} {a 5}]",
		"a:x:5:al,bob":                       "[{video 44} {a 5}]",
		"a:x:5:bobby,xbob, bob\nb:x:6:\nbob": "[{video 44}]",
		"staff:x:100:bob\nv:x:44:bob\n":      "[{video 44}]",
		"a:x:5:bob\nb:x:5:bob\n":             "[{video 44} {a 5}]",
		"a:x:-1:bob\nb:x:4294967295:bob\nc:x:99999999999:bob\nd:x::bob\n": "[{video 44}]",
		"+a:x:5:bob\n-:x:6:bob\n:x:7:bob\n":                               "[{video 44}]",
	} {
		if got := fmt.Sprint(withMemberships([]byte(data), u)); got != want+" 0" {
			t.Errorf("%q: %s, want %s", data, got, want)
		}
	}
}

// TestMembershipsCapped: a file that has the user in tens of thousands of groups does not
// make each start pay for them, and a group that was asked for does not count.
func TestMembershipsCapped(t *testing.T) {
	var data strings.Builder
	for gid := range 1000 {
		fmt.Fprintf(&data, "g%d:x:%d:bob\n", gid, gid+1000)
	}
	u := wire.User{Name: "bob", UID: 1, GID: 1000, Groups: []wire.Group{{Name: "video", GID: 44}}}
	groups, left := withMemberships([]byte(data.String()), u)
	if len(groups) != 1+maxMemberships || left != 999-maxMemberships {
		t.Errorf("%d groups, %d left out", len(groups), left)
	}
}

// TestEditGroupOnce: a large file is read once, however many groups are added.
func TestEditGroupOnce(t *testing.T) {
	var lines bytes.Buffer
	for i := range 2000 {
		fmt.Fprintf(&lines, "other%d:x:%d:\n", i, i+100000)
	}
	u := wire.User{Name: "bob", UID: 1, GID: 1, Group: "staff"}
	count := func() float64 { return testing.AllocsPerRun(1, func() { editGroup(lines.Bytes(), u) }) }
	one := count()
	for i := range 100 {
		u.Groups = append(u.Groups, wire.Group{Name: wire.Text(fmt.Sprintf("g%d", i)), GID: i + 2})
	}
	if many := count(); many > 2*one {
		t.Errorf("%.0f allocations for one group, %.0f for a hundred more", one, many)
	}
}
