package plan

import (
	"strings"
	"testing"

	"ctenv/internal/config"
	"ctenv/internal/wire"
)

func TestBuildInit(t *testing.T) {
	foreign := config.String{V: "written", Pos: config.Pos{Source: &config.Source{Project: true}}}
	places := []InitPlace{{Path: "/run/user/1/ctenv/i", Real: "/run/user/1/ctenv/i"}, {Path: "/h/.cache/ctenv/i", Real: "/h/.cache/ctenv/i"}}
	system := InitPlace{Path: "/usr/lib/ctenv/i", Real: "/usr/lib/ctenv/i", System: true}
	loose := InitPlace{Path: "/run/user/1/ctenv/i", Real: "/run/user/1/ctenv/i", Exposed: `"/run" can be written by everybody`}
	for name, tt := range map[string]struct {
		mount  spec
		real   string
		places []InitPlace
		source string // "" where it is uploaded
		socket string
		warns  bool
		err    string
	}{
		"elsewhere":                   {mount: spec{host: "/p"}, source: places[0].Path, socket: "/run/user/1/ctenv"},
		"installed":                   {mount: spec{host: "/p"}, places: append([]InitPlace{system}, places...), source: system.Path, socket: "/run/user/1/ctenv"},
		"the runtime directory":       {mount: spec{host: "/run/user/1"}, source: places[1].Path, socket: "/h/.cache/ctenv"},
		"in the runtime directory":    {mount: spec{host: "/run/user/1/ctenv/x"}, source: places[1].Path, socket: "/h/.cache/ctenv"},
		"read-only":                   {mount: spec{host: "/", options: options{readOnly: true}}, source: places[0].Path, socket: "/run/user/1/ctenv"},
		"a volume of that name":       {mount: spec{host: "/", named: true}, source: places[0].Path, socket: "/run/user/1/ctenv"},
		"the home, by the caller":     {mount: spec{host: "/h"}, source: places[0].Path, socket: "/run/user/1/ctenv", warns: true},
		"everything":                  {mount: spec{host: "/"}, warns: true},
		"by a link":                   {mount: spec{host: "/link"}, real: "/", warns: true},
		"the home, by a project":      {mount: spec{host: "/h", at: foreign}, err: `write to "/h/.ctenv.toml"`},
		"the place, by a project":     {mount: spec{host: "/run", at: foreign}, err: `write to "/run/user/1/ctenv", which is ctenv's own`},
		"a place that is not in use":  {mount: spec{host: "/h/.cache", at: foreign}, source: places[0].Path, socket: "/run/user/1/ctenv"},
		"the place in use, the cache": {mount: spec{host: "/h/.cache", at: foreign}, places: places[1:], err: `write to "/h/.cache/ctenv"`},
		"a file in it, by a project":  {mount: spec{host: "/h/.cache/ctenv/i", at: foreign}, places: places[1:], err: "ctenv's own"},
		"one that others reach":       {mount: spec{host: "/p"}, places: []InitPlace{loose, places[1]}, source: places[1].Path, socket: "/h/.cache/ctenv"},
		"only one that others reach":  {mount: spec{host: "/p"}, places: []InitPlace{loose}},
		"the project holds the cache": {mount: spec{host: "/h/.cache", key: "project_target", at: foreign}, places: places[1:]},
	} {
		if tt.places == nil {
			tt.places = places
		}
		if tt.real == "" {
			tt.real = tt.mount.host
		}
		d := &Draft{host: Host{InitPlaces: tt.places, Guarded: []string{"/h/.ctenv.toml"}}}
		var p Plan
		err := d.buildInit(&p, []spec{tt.mount}, Seen{Paths: map[string]Path{tt.mount.host: {Exists: true, Real: tt.real}}})
		if tt.err != "" || err != nil {
			if err == nil || !strings.Contains(err.Error(), tt.err) || tt.err == "" {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		m := p.Mounts[0]
		if p.UploadInit != (tt.source == "") || m.Source != tt.source || p.SocketDir != tt.socket || len(p.Warnings) > 0 != tt.warns {
			t.Errorf("%s: %+v, socket in %q, warnings %q", name, m, p.SocketDir, p.Warnings)
		}
		if p.UploadInit != (m.Type == MountVolume && m.Target == wire.Dir) {
			t.Errorf("%s: %+v", name, m)
		}
	}
}
