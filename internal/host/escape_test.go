package host

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ctenv/internal/look"
)

// TestEscapeOfMissing: below what is not there is nothing to look at, but ".." of a link
// leads out of that again.
func TestEscapeOfMissing(t *testing.T) {
	root := realPath(t.TempDir())
	for name, target := range map[string]string{"in": "no/../d", "out": "no/such/../../../x", "etc": "/etc"} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		rel   string
		looks int
		out   bool
	}{
		{strings.Repeat("a/", 90) + "b", 1, false},
		{"in/x/y", 3, false}, // in, no, d
		{"out/x", 2, true},
		{"no/etc", 1, false},
	} {
		looks := 0
		link, out := escape(look.Point{Root: root, Target: "/repo", Rel: tc.rel}, func(path string) (string, error) {
			looks++
			return os.Readlink(path)
		})
		if looks != tc.looks || out != tc.out {
			t.Errorf("%q: %d looks, %v %+v", tc.rel, looks, out, link)
		}
	}
}

func TestEscape(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(dir, "p")
	if err := os.MkdirAll(root+"/real/deep", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{
		"in": "real", "real/up": "../real/deep", "chain": "in/up", "self": ".", "loop": "loop",
		"etc": "/etc", "broken": "/no/such", "out": "../outside", "back": "../p/real", "high": "real/../..",
		"through": "self/..", "deeper": "real/up/../../..", "fine": "real/up/../..",
		"host": root + "/real", "sibling": root + "x/y", "late": "etc",
	} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		rel, target string
		link        string // that leads out, below root
	}{
		{rel: "real/deep"}, {rel: "missing/x"}, {rel: "in/x"}, {rel: "chain/x"}, {rel: "self/self/in"}, {rel: "fine/in"},
		{rel: "loop/x", link: "loop"},
		{rel: "etc", link: "etc"}, {rel: "etc/x/y", link: "etc"}, {rel: "late", link: "etc"}, {rel: "broken/x", link: "broken"},
		{rel: "out", link: "out"}, {rel: "high/x", link: "high"}, {rel: "through", link: "through"}, {rel: "deeper", link: "real/up"},
		// On the host it comes back, in the container the directory above is another.
		{rel: "back", link: "back"},
		{rel: "host", link: "host"}, {rel: "host", target: root}, {rel: "sibling", target: root, link: "sibling"},
	} {
		p := look.Point{Root: root, Target: "/repo", Rel: tc.rel}
		if tc.target != "" {
			p.Target = tc.target
		}
		link, out := escape(p, os.Readlink)
		if want := filepath.Join(root, tc.link); out != (tc.link != "") || (out && link.Path != want) {
			t.Errorf("%s in %s: %v %+v", tc.rel, p.Target, out, link)
		}
	}
}

// TestReal: of a path that is missing, what is there is without its symlinks.
func TestReal(t *testing.T) {
	root := realPath(t.TempDir())
	if err := errors.Join(os.MkdirAll(root+"/a/b/c", 0o755), os.Symlink("a/b", root+"/l"), os.Symlink("/no/such", root+"/gone"), os.WriteFile(root+"/f", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for p, want := range map[string]string{
		root + "/l/c": root + "/a/b/c", root + "/l": root + "/a/b", root + "/l/x/y/z": root + "/a/b/x/y/z", root + "/x": root + "/x",
		root + "/gone/x": root + "/gone/x", root + "/f/x": root + "/f/x", "/": "/", "/no/such": "/no/such",
	} {
		if got := Real(p); got != want {
			t.Errorf("%q: got %q, want %q", p, got, want)
		}
	}
}
