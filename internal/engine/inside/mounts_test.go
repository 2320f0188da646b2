package inside

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"ctenv/internal/hint"
	"ctenv/internal/mountinfo"
)

const (
	idA = "141c1dfe4771329d13036dd9d9b281bea3896fcde98d21a86afb3731031eeaa0"
	idB = "75bda790f260531ba5d1550e78c9a6e128738de28cacf16649f66a65f5139701"
)

const ownMounts = `289 261 0:61 / / rw - overlay overlay rw
297 295 0:29 /docker/` + idA + ` /sys/fs/cgroup/cpu ro,nosuid - cgroup cgroup rw,cpu
313 289 254:0 /home/u/a\040b /w rw,relatime - ext4 /dev/vda rw
315 289 254:0 /var/lib/docker/containers/` + idB + `/hostname /etc/hostname rw - ext4 /dev/vda rw
316 289 254:0 /var/lib/docker/volumes/m/_data /w/node_modules rw - ext4 /dev/vda rw
317 289 0:22 /docker.sock /run/docker.sock rw - tmpfs tmpfs rw
318 313 0:99 / /w/tmp rw - tmpfs tmpfs rw
`

var mounts = []Mount{
	{Source: "/home/u/a b", Target: "/w"},
	{Source: "/var/lib/docker/volumes/m/_data", Target: "/w/node_modules", ReadOnly: true},
	{Source: "/var/run/docker.sock", Target: "/run/docker.sock"},
}

func own(t *testing.T) *Container {
	t.Helper()
	table, err := mountinfo.Parse(ownMounts)
	if err != nil {
		t.Fatal(err)
	}
	return &Container{table: table, mounts: mounts}
}

func TestIDs(t *testing.T) {
	if got, want := own(t).table.ids(), []string{idA, idB}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	scope, _ := mountinfo.Parse("1 2 0:1 /system.slice/docker-" + idB + ".scope /sys/fs/cgroup ro - cgroup2 cgroup rw\n" +
		"3 2 8:1 /var/lib/docker/containers/" + idA + "/x /elsewhere rw - ext4 /dev/sda rw\n")
	if got, want := table(scope).ids(), []string{idB}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAgrees(t *testing.T) {
	table := own(t).table
	for name, c := range map[string]struct {
		mounts       []Mount
		agrees, more bool
	}{
		"its own":           {mounts, true, true},
		"none":              {nil, false, false},
		"one that is away":  {append(mounts[:3:3], Mount{Source: "/x", Target: "/x"}), false, false},
		"another directory": {[]Mount{{Source: "/home/u/other", Target: "/w"}}, true, false},
	} {
		if got := table.agrees(c.mounts, false); got != c.agrees {
			t.Errorf("%s: %v", name, got)
		}
		if got := table.agrees(c.mounts, true); got != c.more {
			t.Errorf("%s, closely: %v", name, got)
		}
	}
}

func TestLikeliest(t *testing.T) {
	socket, own, other := &Container{mounts: mounts[:1]}, &Container{mounts: mounts[:2]}, &Container{mounts: mounts[1:3]}
	for name, c := range map[string]struct {
		found []*Container
		want  *Container
	}{
		"none":                    {nil, nil},
		"one":                     {[]*Container{own}, own},
		"one with less beside it": {[]*Container{socket, own, socket}, own},
		"two of the same":         {[]*Container{own, socket, other}, nil},
		"two of less beside it":   {[]*Container{socket, socket, own}, own},
	} {
		if got := likeliest(c.found); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestSource(t *testing.T) {
	for file, want := range map[string]Mount{
		"/w":                {Source: "/home/u/a b", Target: "/w"},
		"/w/src/x":          {Source: "/home/u/a b/src/x", Target: "/w/src/x"},
		"/w/node_modules/x": {Source: "/var/lib/docker/volumes/m/_data/x", Target: "/w/node_modules/x", ReadOnly: true},
		"/run/docker.sock":  {Source: "/var/run/docker.sock", Target: "/run/docker.sock"},
		"/w/tmp":            {}, // a file system of the container's own
		"/w/tmp/x":          {},
		"/work":             {},
		"/etc/hostname":     {}, // of no mount that was asked for
		"/":                 {},
	} {
		if got, found := own(t).source(file); got != want || found != (want != Mount{}) {
			t.Errorf("%s: %+v, %v", file, got, found)
		}
	}
}

func TestBelow(t *testing.T) {
	if got := own(t).below("/w"); !reflect.DeepEqual(got, mounts[1:2]) {
		t.Errorf("%+v", got)
	}
	if got := own(t).below("/w/node_modules"); got != nil {
		t.Errorf("%+v", got)
	}
}

// knows is an engine that knows one container.
type knows struct{ c container.InspectResponse }

func (k knows) ContainerInspect(context.Context, string) (container.InspectResponse, error) {
	return k.c, nil
}

func (knows) ContainerList(context.Context, container.ListOptions) ([]container.Summary, error) {
	return nil, nil
}

// TestSubpath: docker's list of mounts has the whole volume where a part of it is mounted.
func TestSubpath(t *testing.T) {
	const volume = "/var/lib/docker/volumes/v/_data"
	in := func(target string) container.MountPoint {
		return container.MountPoint{Type: mount.TypeVolume, Source: volume, Destination: target}
	}
	asked := func(target, subpath string) mount.Mount {
		return mount.Mount{Type: mount.TypeVolume, Source: "v", Target: target, VolumeOptions: &mount.VolumeOptions{Subpath: subpath}}
	}
	api := knows{container.InspectResponse{
		ContainerJSONBase: &container.ContainerJSONBase{Name: "/job", HostConfig: &container.HostConfig{Mounts: []mount.Mount{asked("/w/", "app/one"), asked("/all", "")}}},
		Mounts:            []container.MountPoint{in("/w"), in("/all")},
	}}
	own := table{{Point: "/w", Root: volume + "/app/one"}, {Point: "/all", Root: volume}}
	c := look(t.Context(), api, idA, own, true)
	if c == nil {
		t.Fatal("it is not found")
	}
	if w, all := c.There("/w/x"), c.There("/all/x"); w != volume+"/app/one/x" || all != volume+"/x" {
		t.Errorf("%q, %q", w, all)
	}
}

// The way out is a line to paste, and a directory's name is anybody's.
func TestMountableHintIsQuoted(t *testing.T) {
	_, err := (&Container{Name: "job"}).mountable("/x;id", "/repo")
	if way, _ := hint.Of(err); !strings.Contains(way, "`-v DIRECTORY:'/x;id'`") {
		t.Errorf("%v: %q", err, way)
	}
}
