package account

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ctenv/internal/wire"
)

var bob = entry{name: "bob", uid: 1234, gid: 5678, home: "/home/bob", shell: "/bin/bash"}

const bobLine = "bob:*:1234:5678::/home/bob:/bin/bash\n"

func bobAt(workdir string) entry {
	a := bob
	a.workdir = workdir
	return a
}

func TestEditPasswd(t *testing.T) {
	const root = "root:x:0:0:root:/root:/bin/bash\n"
	for _, tc := range []struct {
		name, in, want string
		who            entry
		shadowed       bool
	}{
		{"empty", "", bobLine, bob, false},
		{"at the end", root, root + bobLine, bob, false},
		{"no final newline", "root:x:0:0:root:/root:/bin/sh", "root:x:0:0:root:/root:/bin/sh\n" + bobLine, bob, false},
		{"uid taken", root + "node:x:1234:1:::\nz:x:9:9:::\n", root + bobLine + "node:x:1234:1:::\nz:x:9:9:::\n", bob, false},
		{"name taken, last line without newline", root + "bob:x:7:7::/b:/bin/sh", root + bobLine + "bob:x:7:7::/b:/bin/sh", bob, false},
		{"name taken before uid", "bob:x:7:7:::\n" + root + "n:x:1234:1:::\n", bobLine + "bob:x:7:7:::\n" + root + "n:x:1234:1:::\n", bob, false},
		{"part of a name", "bobby:x:7:7:::\nmy-bob:x:8:8:::\n", "bobby:x:7:7:::\nmy-bob:x:8:8:::\n" + bobLine, bob, false},
		{"compat line", root + "+::::::\n", root + bobLine + "+::::::\n", bob, false},
		{"right already", root + bobLine + "x:x:1234:1:::\n", root + bobLine + "x:x:1234:1:::\n", bob, false},
		{"right already, shell in another directory", "bob:*:1234:5678:Bob:/home/bob:/usr/bin/bash\n", "bob:*:1234:5678:Bob:/home/bob:/usr/bin/bash\n", bob, false},
		{"x with shadow", "bob:x:1234:5678::/home/bob:/bin/bash\n", "bob:x:1234:5678::/home/bob:/bin/bash\n", bob, true},
		{"x without shadow", "bob:x:1234:5678::/home/bob:/bin/bash\n", bobLine + "bob:x:1234:5678::/home/bob:/bin/bash\n", bob, false},
		{"podman's line", "bob:*:1234:5678::/:/bin/sh\n", bobLine + "bob:*:1234:5678::/:/bin/sh\n", bob, false},
		{"uid with blanks and zeros", "a:x: 01234:1:::\n", bobLine + "a:x: 01234:1:::\n", bob, false},
		{"uid beyond 32 bits", "a:x:4294968530:1:::\n", bobLine + "a:x:4294968530:1:::\n", bob, false},
		{"podman 5's root, at home in the project", "root:*:0:0:root:/repo:/bin/sh\n", newPasswd + bobLine, bobAt("/repo/src"), false},
		{"the same where the engine makes no accounts", "root:*:0:0:root:/repo:/bin/sh\n", "root:*:0:0:root:/repo:/bin/sh\n" + bobLine, bob, false},
		{"root's home elsewhere", "root:*:0:0:root:/re:/bin/sh\n", "root:*:0:0:root:/re:/bin/sh\n" + bobLine, bobAt("/repo"), false},
		{"root by another name", root, "bob:*:0:0::/h:/bin/sh\n" + root, entry{name: "bob", home: "/h", shell: "/bin/sh"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := editPasswd([]byte(tc.in), tc.who, tc.shadowed)
			if string(got) != tc.want {
				t.Errorf("got\n%swant\n%s", got, tc.want)
			}
			if err := tc.who.resolves(got); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestResolves(t *testing.T) {
	for _, tc := range []struct{ name, in string }{
		{"missing", "root:x:0:0:root:/root:/bin/sh\n"},
		{"other uid first", "n:x:1234:1::/:/bin/sh\n" + bobLine},
		{"other name first", "bob:x:7:7::/:/bin/sh\n" + bobLine},
		{"wrong home", "bob:*:1234:5678::/:/bin/sh\n"},
		{"too few fields", "bob:*:1234:5678\n"},
	} {
		if bob.resolves([]byte(tc.in)) == nil {
			t.Errorf("%s: no error", tc.name)
		}
	}
}

func TestEditGroup(t *testing.T) {
	u := wire.User{Name: "bob", UID: 1234, GID: 5678, Group: "staff", Groups: []wire.Group{{Name: "docker", GID: 999}}}
	for _, tc := range []struct{ name, in, want string }{
		{"empty", "", "staff:*:5678:\ndocker:*:999:bob\n"},
		{"no final newline", "root:x:0:", "root:x:0:\nstaff:*:5678:\ndocker:*:999:bob\n"},
		{"gids taken", "dialout:x:5678:a\nping:x:999:\n", "dialout:x:5678:a\nping:x:999:\n"},
		{"names taken", "staff:x:50:\ndocker:x:5:x\n", "staff:x:50:\ndocker:x:5:x\nstaff-5678:*:5678:\ndocker-999:*:999:bob\n"},
		{"both names taken", "staff:x:50:\nstaff-5678:x:51:\n", "staff:x:50:\nstaff-5678:x:51:\nstaff-5678-2:*:5678:\ndocker:*:999:bob\n"},
		{"compat line", "a:x:1:\n+:::\n", "a:x:1:\nstaff:*:5678:\ndocker:*:999:bob\n+:::\n"},
		{"malformed line of the gid", "a:x:5678\n", "a:x:5678\nstaff:*:5678:\ndocker:*:999:bob\n"},
	} {
		if got := editGroup([]byte(tc.in), u); string(got) != tc.want {
			t.Errorf("%s: got\n%swant\n%s", tc.name, got, tc.want)
		}
	}
	u.Name = "bob,root"
	if got := string(editGroup(nil, u)); !strings.Contains(got, "docker:*:999:\n") {
		t.Errorf("a name with a comma became two members:\n%s", got)
	}
}

func TestEditShadow(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"empty", "", "bob:*:19000::::::\n"},
		{"other", "bobby:*:1::::::", "bobby:*:1::::::\nbob:*:19000::::::\n"},
		{"there", "bob:!:1::::::\n", "bob:!:1::::::\n"},
		{"compat line", "+\n", "bob:*:19000::::::\n+\n"},
	} {
		if got := editShadow([]byte(tc.in), "bob"); string(got) != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

// first finds an entry as getpwnam(3) and its kin do: the first complete line
// whose field is exactly that.
func first(data []byte, fields, at int, value string) []string {
	for line := range strings.SplitSeq(string(data), "\n") {
		f := strings.Split(line, ":")
		if len(f) == fields && f[at] == value && !strings.HasPrefix(line, "+") && !strings.HasPrefix(line, "-") {
			return f
		}
	}
	return nil
}

// othersUnchanged checks that out is in with whole lines put in between.
func othersUnchanged(t *testing.T, in, out []byte) {
	t.Helper()
	rest := bytes.SplitAfter(out, []byte("\n"))
	for _, line := range bytes.SplitAfter(in, []byte("\n")) {
		i := slices.IndexFunc(rest, func(l []byte) bool {
			return bytes.Equal(bytes.TrimSuffix(l, []byte("\n")), bytes.TrimSuffix(line, []byte("\n")))
		})
		if i < 0 && len(line) > 0 {
			t.Fatalf("line %q is gone from\n%q", line, out)
		}
		rest = rest[i+1:]
	}
}

// fuzzName says whether a name can be a user's. One that starts with a blank
// cannot: the C library skips those.
func fuzzName(name string) bool {
	return wire.ValidUserName(name) == nil && strings.TrimLeft(name, " \t\v\f\r") == name
}

func FuzzPasswd(f *testing.F) {
	for _, s := range []string{"", "root:x:0:0:root:/root:/bin/sh", "bob:x:7:7:::\nn:x:1234:1:::\n", "+::::::\n-a\n", "\n\n::::::\n", bobLine} {
		f.Add([]byte(s), "bob", uint32(1234), true)
	}
	f.Fuzz(func(t *testing.T, in []byte, name string, uid uint32, shadowed bool) {
		if !fuzzName(name) || uid == 1<<32-1 {
			return
		}
		a := entry{name, int(uid), 5678, "/home/u", "/bin/sh", ""}
		out := editPasswd(in, a, shadowed)
		othersUnchanged(t, in, out)
		if err := a.resolves(out); err != nil {
			t.Fatal(err)
		}
		id := strconv.Itoa(a.uid)
		for _, got := range [][]string{first(out, 7, 0, name), first(out, 7, 2, id)} {
			if got == nil || got[0] != name || got[2] != id || got[3] != "5678" || got[5] != "/home/u" {
				t.Fatalf("resolves to %q in\n%q", got, out)
			}
		}
		if again := editPasswd(out, a, shadowed); !bytes.Equal(again, out) {
			t.Fatalf("a second run changes\n%q\nto\n%q", out, again)
		}
	})
}

func FuzzGroup(f *testing.F) {
	for _, s := range []string{"", "root:x:0:", "staff:x:50:a,b\nx:y:5678:\n", "+:::\n", "::5678:\n", "a:x:5678\n"} {
		f.Add([]byte(s), "staff", uint32(5678), uint32(999))
	}
	f.Fuzz(func(t *testing.T, in []byte, name string, gid, other uint32) {
		if !fuzzName(name) || gid == 1<<32-1 || other == 1<<32-1 {
			return
		}
		u := wire.User{Name: "bob", Group: wire.Text(name), GID: int(gid), Groups: []wire.Group{{Name: wire.Text(name), GID: int(other)}}}
		out := editGroup(in, u)
		othersUnchanged(t, in, out)
		for _, id := range []uint32{gid, other} {
			got := first(out, 4, 2, strconv.FormatUint(uint64(id), 10))
			if got == nil || first(out, 4, 0, got[0]) == nil {
				t.Fatalf("gid %d resolves to %q in\n%q", id, got, out)
			}
		}
		if again := editGroup(out, u); !bytes.Equal(again, out) {
			t.Fatalf("a second run changes\n%q\nto\n%q", out, again)
		}
	})
}

func FuzzShadow(f *testing.F) {
	for _, s := range []string{"", "root:*:1::::::", "bob:!:1::::::\n", "bob\n", "+\n"} {
		f.Add([]byte(s), "bob")
	}
	f.Fuzz(func(t *testing.T, in []byte, name string) {
		if !fuzzName(name) {
			return
		}
		out := editShadow(in, name)
		othersUnchanged(t, in, out)
		if !bytes.HasPrefix(out, []byte(name+":")) && !bytes.Contains(out, []byte("\n"+name+":")) {
			t.Fatalf("no entry in %q", out)
		}
		if again := editShadow(out, name); !bytes.Equal(again, out) {
			t.Fatalf("a second run changes %q to %q", out, again)
		}
	})
}
