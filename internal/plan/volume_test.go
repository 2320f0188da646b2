package plan

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
		x := &expansion{vars: vars, host: Host{Cwd: "/work", User: wire.User{Name: "alice", Home: "/home/alice"}}}
		sp, err := x.parseVolume(config.String{V: s}, "volumes")
		if err != nil {
			return
		}
		switch {
		case sp.named && !volumeName().MatchString(sp.host):
			t.Errorf("%q: %q is no volume", s, sp.host)
		case sp.named && sp.target == "":
			t.Errorf("%q: a volume without a place", s)
		case !sp.named && (!path.IsAbs(sp.host) || path.Clean(sp.host) != sp.host):
			t.Errorf("%q: %q is no clean path", s, sp.host)
		case sp.target != "" && (!path.IsAbs(sp.target) || path.Clean(sp.target) != sp.target):
			t.Errorf("%q: %q is no clean place", s, sp.target)
		case sp.readOnly && (sp.readWrite || sp.chown):
			t.Errorf("%q: %+v", s, sp.options)
		case strings.ContainsRune(sp.host+sp.target, 0):
			t.Errorf("%q: a NUL byte in %q, %q", s, sp.host, sp.target)
		}
		if strings.ContainsAny(sp.host+sp.target, ":$") {
			return // there is no other way to write these
		}
		full := sp.host + ":" + sp.target + ":" + sp.options.text()
		again, err := x.parseVolume(config.String{V: full}, "volumes")
		if err != nil {
			t.Fatalf("%q is refused as %q: %v", s, full, err)
		}
		if again.host != sp.host || again.named != sp.named || again.target != sp.target || again.options != sp.options {
			t.Errorf("%q: %+v is another as %q: %+v", s, sp, full, again)
		}
	})
}

// text is the options as they are written.
func (o options) text() string {
	var all []string
	for word, on := range map[string]bool{"ro": o.readOnly, "rw": o.readWrite, "chown": o.chown, "optional": o.optional, "nocopy": o.noCopy,
		o.relabel: o.relabel != "", o.propagation: o.propagation != "", o.consistency: o.consistency != ""} {
		if on {
			all = append(all, word)
		}
	}
	return strings.Join(all, ",")
}
