package owners

import (
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	const me, other = 1000, 4242
	dir := func(p string, uid int, writers string) Step {
		return Step{Path: p, UID: uid, Directory: true, Writers: writers}
	}
	sticky := func(p string, uid int) Step {
		return Step{Path: p, UID: uid, Directory: true, Sticky: true, Writers: "everybody"}
	}
	file := func(p string, uid int) Step { return Step{Path: p, UID: uid} }
	root := dir("/", 0, "")
	for name, tt := range map[string]struct {
		trail Trail
		uids  []int
		safe  []string
		want  string // of the path that is wrong and the reason
	}{
		"mine":                       {trail: Trail{root, dir("/p", me, ""), file("/p/f", me)}},
		"root's":                     {trail: Trail{root, dir("/p", me, ""), file("/p/f", 0)}},
		"root's directory":           {trail: Trail{root, dir("/p", 0, ""), file("/p/f", me)}},
		"another's":                  {trail: Trail{root, dir("/p", me, ""), file("/p/f", other)}, want: "/p/f belongs to another user, uid 4242"},
		"in another's directory":     {trail: Trail{root, dir("/p", other, ""), file("/p/f", me)}, want: "/p belongs"},
		"directory above":            {trail: Trail{root, dir("/o", other, ""), dir("/o/p", me, ""), file("/o/p/f", me)}, want: "/o belongs"},
		"a team's directory":         {trail: Trail{root, dir("/p", me, "the group dev"), file("/p/f", me)}, want: "/p can be written by the group dev"},
		"a team's file":              {trail: Trail{root, dir("/p", me, ""), Step{Path: "/p/f", UID: me, Writers: "everybody"}}, want: "/p/f can be written by everybody"},
		"in /tmp":                    {trail: Trail{root, sticky("/tmp", 0), file("/tmp/f", me)}},
		"in /tmp, another's":         {trail: Trail{root, sticky("/tmp", 0), file("/tmp/f", other)}, want: "/tmp/f belongs"},
		"another's sticky directory": {trail: Trail{root, sticky("/tmp", other), file("/tmp/f", me)}, want: "/tmp belongs"},
		"sticky means a directory's": {trail: Trail{root, Step{Path: "/f", UID: me, Sticky: true, Writers: "everybody"}}, want: "/f can be"},
		"by another's link":          {trail: Trail{root, sticky("/tmp", 0), file("/tmp/l", other), dir("/p", me, ""), file("/p/f", me)}, want: "/tmp/l belongs"},
		"sudo's caller":              {trail: Trail{root, dir("/p", me, ""), file("/p/f", me)}, uids: []int{0, me}},
		"not sudo's caller":          {trail: Trail{root, dir("/p", other, ""), file("/p/f", other)}, uids: []int{0, me}, want: "/p belongs"},
		"root, of anybody":           {trail: Trail{root, dir("/p", me, ""), file("/p/f", me)}, uids: []int{0}, want: "/p belongs"},
		"vouched for":                {trail: Trail{root, dir("/b", 0, "everybody"), dir("/b/p", other, ""), file("/b/p/f", other)}, safe: []string{"/b/p"}},
		"vouched for, above":         {trail: Trail{root, dir("/b", other, ""), file("/b/f", other)}, safe: []string{"/"}},
		"its neighbour":              {trail: Trail{root, dir("/b", 0, ""), file("/b/pp", other)}, safe: []string{"/b/p"}, want: "/b/pp belongs"},
		"a link out of it":           {trail: Trail{root, dir("/b", other, ""), file("/b/l", other), dir("/h", other, ""), file("/h/f", other)}, safe: []string{"/b"}, want: "/h belongs"},
		"all vouched for":            {trail: Trail{root, dir("/b", other, "everybody"), file("/b/f", other)}, safe: []string{"*"}},
		"nothing was looked at":      {},
		"a root that is nobody's ":   {trail: Trail{dir("/", 65534, ""), file("/f", me)}, want: "/ belongs"},
	} {
		mine := Mine{UIDs: tt.uids, Safe: tt.safe}
		if tt.uids == nil {
			mine.UIDs = []int{me}
		}
		got := ""
		if s := tt.trail.Judge(mine); s != nil {
			got = s.Step.Path + " " + s.Why
		}
		if !strings.HasPrefix(got, tt.want) || (got == "") != (tt.want == "") {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

// The way out is there to be pasted, and the directory's name is a stranger's.
func TestHintIsQuoted(t *testing.T) {
	s := Trail{{Path: "/tmp/x;id", UID: 4242}}.Judge(Mine{})
	if way := s.Hint("/tmp/x;id/.ctenv.toml"); !strings.HasSuffix(way, Variable+"='/tmp/x;id'") {
		t.Error(way)
	}
}
