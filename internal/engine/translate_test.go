package engine

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"

	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/plan"
	"ctenv/internal/runargs"
	"ctenv/internal/wire"
)

// request is one that wire.Encode takes.
func attachedPlan() plan.Plan {
	return plan.Plan{
		Image:      "busybox",
		Platform:   "linux/arm/v7",
		Hostname:   "build",
		Network:    "office",
		Env:        []plan.Var{{Name: "A", Value: "1 2"}, {Name: "EMPTY"}},
		Entrypoint: []string{wire.InitPath},
		Cmd:        []string{"make", "all"},
		WorkingDir: "/repo",
		Labels:     map[string]string{plan.LabelManaged: "true"},
		Mounts: []plan.Mount{
			{Type: plan.MountBind, Source: "/src", Target: "/repo", Propagation: "rslave", Consistency: "cached"},
			{Type: plan.MountBind, Source: "/ro", Target: "/ro", ReadOnly: true, Relabel: "z"},
			{Type: plan.MountVolume, Source: "cache", Target: "/cache", NoCopy: true},
			{Type: plan.MountTmpfs, Target: "/scratch"},
		},
		Ulimits:   []plan.Ulimit{{Name: "nofile", Soft: 1024, Hard: -1}},
		OpenStdin: true,
		Request:   fakeengine.Request(),
	}
}

func TestTranslateGoldens(t *testing.T) {
	tty := attachedPlan()
	tty.TTY = true
	tty.Request.Rows, tty.Request.Cols = 24, 80
	detached := attachedPlan()
	detached.Detach, detached.OpenStdin = true, false
	ownLog := attachedPlan()
	ownLog.RunArgs = []runargs.Arg{{Name: "log-driver", Value: "json-file"}}
	for name, p := range map[string]plan.Plan{
		"attached":   attachedPlan(),
		"tty":        tty,
		"detached":   detached,
		"log-driver": ownLog,
		"least":      {Image: "busybox", Request: fakeengine.Request()},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := translate(p, &docker)
			if err != nil {
				t.Fatal(err)
			}
			got := whatIsSet(t, map[string]any{
				"config": s.config, "host": s.host, "network": s.network, "platform": s.platform,
			})
			file := filepath.Join("testdata", name+".json")
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(got)+"\n" != string(want) {
				t.Errorf("differs from %s (UPDATE=1 writes it anew):\n%s", file, got)
			}
		})
	}
}

// whatIsSet is v as JSON without its empty values, so that a field that a later
// version of the API adds changes no golden.
func whatIsSet(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	prune(tree)
	out, err := json.MarshalIndent(tree, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// prune removes the empty values of objects and tells whether v is empty.
func prune(v any) (empty bool) {
	switch v := v.(type) {
	case map[string]any:
		maps.DeleteFunc(v, func(_ string, v any) bool { return prune(v) })
		return len(v) == 0
	case []any:
		for _, e := range v {
			prune(e)
		}
		return len(v) == 0
	}
	return v == nil || v == false || v == "" || v == 0.0
}

func TestTranslateNetwork(t *testing.T) {
	for name, c := range map[string]struct {
		network        string
		args           []runargs.Arg
		docker, podman container.NetworkMode
	}{
		"none said":              {"", nil, "default", "private"},
		"docker's word for that": {"default", nil, "default", "private"},
		"ports":                  {"", []runargs.Arg{{Name: "publish", Value: "8080:80"}}, "default", "private"},
		"address":                {"", []runargs.Arg{{Name: "mac-address", Value: "92:d0:c6:0a:29:33"}}, "default", "default"},
		"bridge":                 {"bridge", nil, "bridge", "bridge"},
		"none":                   {"none", nil, "none", "none"},
		"host":                   {"host", nil, "host", "host"},
		"another container's":    {"container:x", nil, "container:x", "container:x"},
		"named":                  {"office", nil, "office", "office"},
	} {
		p := attachedPlan()
		p.Network, p.RunArgs = c.network, c.args
		for d, want := range map[*dialect]container.NetworkMode{&docker: c.docker, &podman: c.podman} {
			s, err := translate(p, d)
			if err != nil {
				t.Fatal(err)
			}
			if s.host.NetworkMode != want {
				t.Errorf("%s, %s: %q, not %q", name, d.title, s.host.NetworkMode, want)
			}
		}
	}
}

func TestTranslateRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*plan.Plan)
		want   string
	}{
		"platform without a slash": {func(p *plan.Plan) { p.Platform = "arm64" }, `platform "arm64"`},
		"platform with an empty part": {
			func(p *plan.Plan) { p.Platform = "linux/" }, `platform "linux/"`,
		},
		"relabelling a path with a colon": {
			func(p *plan.Plan) { p.Mounts[1].Source = "/a:b" }, "no colon",
		},
		"request that wire refuses": {func(p *plan.Plan) { p.Request.User.Home = "x" }, `home "x"`},
		"run argument that is unknown": {
			func(p *plan.Plan) { p.RunArgs = []runargs.Arg{{Name: "nonsense", Value: "1"}} }, "nonsense",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := attachedPlan()
			c.change(&p)
			_, err := translate(p, &docker)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want something about %q", err, c.want)
			}
		})
	}
}

func TestTranslateBind(t *testing.T) {
	m := plan.Mount{Source: "/a", Target: "/b", Relabel: "Z", ReadOnly: true, Propagation: "rslave", NoCopy: true}
	got, err := translateBind(m)
	if want := "/a:/b:Z,ro,rslave,nocopy"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}
