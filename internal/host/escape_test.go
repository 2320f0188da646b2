package host

import (
	"os"
	"path/filepath"
	"testing"

	"ctenv/internal/look"
)

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
		link, out := escape(p)
		if want := filepath.Join(root, tc.link); out != (tc.link != "") || (out && link.Path != want) {
			t.Errorf("%s in %s: %v %+v", tc.rel, p.Target, out, link)
		}
	}
}
