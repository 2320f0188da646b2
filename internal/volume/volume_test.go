package volume

import (
	"path"
	"strings"
	"testing"

	"ctenv/internal/config"
	"ctenv/internal/template"
	"ctenv/internal/wire"
)

// FuzzParseVolume: what is taken is a clean absolute path or a volume's name, with
// a clean absolute place in the container, and means the same when it is spelled
// out in full.
func FuzzParseVolume(f *testing.F) {
	for _, s := range []string{"./a", "~/.gitconfig:ro", "cache:/c:chown", "/a::ro,z", "/a:/b/../c:rslave", "v${uid}:/v", "a:b", "..:/x", "~:~", "/a:ro,", "/:/x:rw,ro", "${env.TOKEN}:/x", "x/y:/z", "é:/x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		vars := &template.Vars{Values: map[string]string{"uid": "1234", "image": "r.io:5000/a/b:v1", "HOME": "/home/alice"}, Env: map[string]string{"TOKEN": "s3cret", "E": ""}}
		x := Reader{vars, wire.User{Name: "alice", Home: "/home/alice"}, "/work"}
		sp, err := x.Parse(config.String{V: s}, "volumes")
		if err != nil {
			return
		}
		switch {
		case sp.Named && !ValidName(sp.Host):
			t.Errorf("%q: %q is no volume", s, sp.Host)
		case sp.Named && sp.Target == "":
			t.Errorf("%q: a volume without a place", s)
		case !sp.Named && (!path.IsAbs(sp.Host) || path.Clean(sp.Host) != sp.Host):
			t.Errorf("%q: %q is no clean path", s, sp.Host)
		case sp.Target != "" && (!path.IsAbs(sp.Target) || path.Clean(sp.Target) != sp.Target):
			t.Errorf("%q: %q is no clean place", s, sp.Target)
		case sp.ReadOnly && (sp.readWrite || sp.Chown):
			t.Errorf("%q: %+v", s, sp.Options)
		case strings.ContainsRune(sp.Host+sp.Target, 0):
			t.Errorf("%q: a NUL byte in %q, %q", s, sp.Host, sp.Target)
		}
		if strings.ContainsAny(sp.Host+sp.Target, ":$") {
			return // there is no other way to write these
		}
		full := sp.Host + ":" + sp.Target + ":" + sp.Options.text()
		again, err := x.Parse(config.String{V: full}, "volumes")
		if err != nil {
			t.Fatalf("%q is refused as %q: %v", s, full, err)
		}
		if again.Host != sp.Host || again.Named != sp.Named || again.Target != sp.Target || again.Options != sp.Options {
			t.Errorf("%q: %+v is another as %q: %+v", s, sp, full, again)
		}
	})
}

// text is the options as they are written.
func (o Options) text() string {
	var all []string
	for word, on := range map[string]bool{"ro": o.ReadOnly, "rw": o.readWrite, "chown": o.Chown, "optional": o.Optional, "nocopy": o.NoCopy,
		o.Relabel: o.Relabel != "", o.Propagation: o.Propagation != "", o.Consistency: o.Consistency != ""} {
		if on {
			all = append(all, word)
		}
	}
	return strings.Join(all, ",")
}
