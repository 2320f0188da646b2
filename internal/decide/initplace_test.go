package decide

import (
	"strings"
	"testing"

	"ctenv/internal/config"
	"ctenv/internal/expand"
	"ctenv/internal/hint"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/volume"
	"ctenv/internal/wire"
)

func TestBuildInit(t *testing.T) {
	foreign := config.String{V: "written", Pos: config.Pos{Source: &config.Source{Project: true}}}
	places := []look.InitPlace{{Path: "/run/user/1/ctenv/i", Real: "/run/user/1/ctenv/i"}, {Path: "/h/.cache/ctenv/i", Real: "/h/.cache/ctenv/i"}}
	system := look.InitPlace{Path: "/usr/lib/ctenv/i", Real: "/usr/lib/ctenv/i", System: true}
	loose := look.InitPlace{Path: "/run/user/1/ctenv/i", Real: "/run/user/1/ctenv/i", Exposed: `"/run" can be written by everybody`}
	for name, tt := range map[string]struct {
		mount  volume.Spec
		real   string
		inner  string
		places []look.InitPlace
		source string // "" where it is uploaded
		socket string
		warns  bool
		err    string
		ro     bool // the hint is to mount it read-only
	}{
		"elsewhere":                   {mount: volume.Spec{Host: "/p"}, source: places[0].Path, socket: "/run/user/1/ctenv"},
		"installed":                   {mount: volume.Spec{Host: "/p"}, places: append([]look.InitPlace{system}, places...), source: system.Path, socket: "/run/user/1/ctenv"},
		"the runtime directory":       {mount: volume.Spec{Host: "/run/user/1"}, source: places[1].Path, socket: "/h/.cache/ctenv", warns: true},
		"in the runtime directory":    {mount: volume.Spec{Host: "/run/user/1/ctenv/x"}, source: places[1].Path, socket: "/h/.cache/ctenv"},
		"read-only":                   {mount: volume.Spec{Host: "/h", Options: volume.Options{ReadOnly: true}}, source: places[0].Path, socket: "/run/user/1/ctenv"},
		"read-only, with a mount":     {mount: volume.Spec{Host: "/", Options: volume.Options{ReadOnly: true}}, inner: "/run/user/1", source: places[1].Path, socket: "/h/.cache/ctenv", warns: true},
		"read-only, the home's own":   {mount: volume.Spec{Host: "/", Options: volume.Options{ReadOnly: true}, At: foreign}, inner: "/h", err: `write to "/h/.ctenv.toml"`},
		"read-only, with the sockets": {mount: volume.Spec{Host: "/run/user/1", Options: volume.Options{ReadOnly: true}}, source: places[0].Path, socket: "/run/user/1/ctenv", warns: true},
		"the sockets, by a link":      {mount: volume.Spec{Host: "/link", Options: volume.Options{ReadOnly: true}}, real: "/run/user/1/ctenv/join", source: places[0].Path, socket: "/run/user/1/ctenv", warns: true},
		"the sockets, by a project":   {mount: volume.Spec{Host: "/run/user", Options: volume.Options{ReadOnly: true}, At: foreign}, err: `sockets in "/run/user/1/ctenv/join"`},
		"a volume of that name":       {mount: volume.Spec{Host: "/", Named: true}, source: places[0].Path, socket: "/run/user/1/ctenv"},
		"the home, by the caller":     {mount: volume.Spec{Host: "/h"}, source: places[0].Path, socket: "/run/user/1/ctenv", warns: true},
		"everything":                  {mount: volume.Spec{Host: "/"}, warns: true},
		"by a link":                   {mount: volume.Spec{Host: "/link"}, real: "/", warns: true},
		"the home, by a project":      {mount: volume.Spec{Host: "/h", At: foreign}, err: `write to "/h/.ctenv.toml"`, ro: true},
		"a link's directory":          {mount: volume.Spec{Host: "/links", At: foreign}, err: `write to "/links/home"`, ro: true},
		"by way of a link":            {mount: volume.Spec{Host: "/links/home/src", At: foreign}, real: "/h/src", source: places[0].Path, socket: "/run/user/1/ctenv"},
		"the place, by a project":     {mount: volume.Spec{Host: "/run", At: foreign}, err: `write to "/run/user/1/ctenv", which is ctenv's own`},
		"a place that is not in use":  {mount: volume.Spec{Host: "/h/.cache", At: foreign}, source: places[0].Path, socket: "/run/user/1/ctenv"},
		"the place in use, the cache": {mount: volume.Spec{Host: "/h/.cache", At: foreign}, places: places[1:], err: `write to "/h/.cache/ctenv"`, ro: true},
		"a file in it, by a project":  {mount: volume.Spec{Host: "/h/.cache/ctenv/i", At: foreign}, places: places[1:], err: "ctenv's own", ro: true},
		"one that others reach":       {mount: volume.Spec{Host: "/p"}, places: []look.InitPlace{loose, places[1]}, source: places[1].Path, socket: "/h/.cache/ctenv"},
		"only one that others reach":  {mount: volume.Spec{Host: "/p"}, places: []look.InitPlace{loose}},
		"the project holds the cache": {mount: volume.Spec{Host: "/h/.cache", Key: "project_target", At: foreign}, places: places[1:]},
	} {
		if tt.places == nil {
			tt.places = places
		}
		if tt.real == "" {
			tt.real = tt.mount.Host
		}
		d := &decision{Draft: &expand.Draft{Host: look.Host{InitPlaces: tt.places, Guarded: []string{"/h/.ctenv.toml"}, Links: []string{"/links/home"}, Sockets: []string{"/run/user/1/ctenv/join"}}}, files: map[string]bool{}}
		var p plan.Plan
		err := d.buildInit(&p, []volume.Spec{tt.mount}, look.Seen{
			Paths: map[string]look.Path{tt.mount.Host: {Exists: true, Real: tt.real}},
			Inner: map[string][]string{tt.mount.Host: strings.Fields(tt.inner)},
		})
		if tt.err != "" || err != nil {
			if err == nil || !strings.Contains(err.Error(), tt.err) || tt.err == "" {
				t.Errorf("%s: %v", name, err)
			}
			if way, _ := hint.Of(err); strings.Contains(way, "it read-only") != tt.ro {
				t.Errorf("%s: hint %q", name, way)
			}
			continue
		}
		m := p.Mounts[0]
		if p.UploadInit != (tt.source == "") || m.Source != tt.source || p.SocketDir != tt.socket || len(p.Warnings) > 0 != tt.warns {
			t.Errorf("%s: %+v, socket in %q, warnings %q", name, m, p.SocketDir, p.Warnings)
		}
		if p.UploadInit != (m.Type == plan.MountVolume && m.Target == wire.Dir) {
			t.Errorf("%s: %+v", name, m)
		}
	}
}
