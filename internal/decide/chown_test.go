package decide

import (
	"reflect"
	"strings"
	"testing"

	"ctenv/internal/config"
	"ctenv/internal/expand"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/volume"
	"ctenv/internal/wire"
)

func TestMayChown(t *testing.T) {
	const me, other = 1000, 4242
	for name, tt := range map[string]struct {
		path  string
		there look.Path
		want  string // of the error
		warns bool
		by    config.Source // of whose file
	}{
		"mine":                      {there: look.Path{UID: me, Mine: true}},
		"another's":                 {there: look.Path{UID: other}, want: "of another user, uid 4242"},
		"root's":                    {there: look.Path{UID: 0}, want: "of another user, uid 0"},
		"a group's that reads":      {there: look.Path{UID: other, GID: 50}, want: "of another user"},
		"a group's that writes":     {there: look.Path{UID: other, GID: 50, GroupWrites: true}, warns: true},
		"of a group of others":      {there: look.Path{UID: other, GID: 51, GroupWrites: true}, want: "of another user"},
		"the same, by a stranger":   {there: look.Path{UID: other, GID: 50, GroupWrites: true}, by: config.Source{Project: true}, want: "of another user, uid 4242"},
		"mine, by a stranger":       {there: look.Path{UID: me, Mine: true}, by: config.Source{Project: true}},
		"the machine's, group's":    {path: "/usr/local", there: look.Path{UID: 0, GID: 50, GroupWrites: true}, want: "of this machine"},
		"mine, by a link to /etc/x": {there: look.Path{UID: me, Mine: true, Real: "/etc/x"}, want: "of this machine"},
	} {
		d := &decision{Draft: &expand.Draft{Host: look.Host{User: wire.User{UID: me}, GIDs: []int{me, 50}}}, files: map[string]bool{}}
		sp := volume.Spec{Key: "volumes", Host: "/data/x", At: config.String{Pos: config.Pos{Source: &tt.by}}}
		if tt.path != "" {
			sp.Host = tt.path
		}
		if tt.there.Real == "" {
			tt.there.Real = sp.Host
		}
		var p plan.Plan
		err := d.mayChown(&p, sp, tt.there)
		if (err != nil) != (tt.want != "") || err != nil && !strings.Contains(err.Error(), tt.want) || len(p.Warnings) > 0 != tt.warns {
			t.Errorf("%s: %v, warnings %q", name, err, p.Warnings)
		}
	}
}

func TestInsideOwners(t *testing.T) {
	caller, owners := wire.User{UID: 1000}, []wire.Owner{{Target: "/a", UID: 1000}, {Target: "/b", UID: 4242}}
	for name, tt := range map[string]struct {
		facts look.Facts
		want  []wire.Owner
	}{
		"docker":          {want: owners},
		"rootless docker": {look.Facts{Rootless: true}, []wire.Owner{{Target: "/a", UID: 0}}},
		"rootless podman": {look.Facts{Rootless: true, Podman: true}, owners[:1]},
	} {
		inside, _ := identity(caller, tt.facts)
		if got := insideOwners(owners, caller, inside, tt.facts); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
