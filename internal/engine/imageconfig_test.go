package engine

import (
	"reflect"
	"slices"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"

	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/plan"
	"ctenv/internal/runargs"
	"ctenv/internal/wire"
)

// imageFields is what becomes of each field of an image's configuration. A check looks
// at the container that is asked for: what is set there is not the image's.
var imageFields = map[string]struct {
	why   string
	check func(c *container.Config) bool // nil where nothing has to be said for it
}{
	"User":       {"set-up is root's, the command the caller's", func(c *container.Config) bool { return c.User == "0:0" }},
	"Entrypoint": {"ctenv-init; the image's on request, by the request", func(c *container.Config) bool { return slices.Equal(c.Entrypoint, []string{wire.InitPath}) }},
	"Cmd":        {"an engine takes the image's only where neither it nor an entrypoint is set", func(c *container.Config) bool { return len(c.Entrypoint) > 0 }},
	"WorkingDir": {"a directory that a mount makes, or /; ctenv-init goes on", func(c *container.Config) bool { return c.WorkingDir != "" }},
	"Healthcheck": {"would run as root", func(c *container.Config) bool {
		return c.Healthcheck != nil && slices.Equal(c.Healthcheck.Test, []string{"NONE"})
	}},
	"StopSignal":   {"is for the image's own program", func(c *container.Config) bool { return c.StopSignal == "SIGTERM" }},
	"Labels":       {"those that ctenv knows its containers by are set, be it to nothing: decide.TestOwnLabels", nil},
	"Env":          {"takes effect below the configuration's; ctenv-init does without those that are its own", nil},
	"Volumes":      {"the container's own file system, to ctenv-init", nil},
	"ExposedPorts": {"open nothing but by --publish-all, which the caller asks for", nil},
	"Shell":        {"is for a Dockerfile, and for health checks as text, of which there are none", nil},
	"OnBuild":      {"is for a Dockerfile", nil},
	"ArgsEscaped":  {"is for Windows", nil},
}

// TestImageFields fails for a field that the client's next version knows and nobody has
// thought of.
func TestImageFields(t *testing.T) {
	p := plan.Plan{Image: "x", Entrypoint: []string{wire.InitPath}, WorkingDir: "/", Request: fakeengine.Request()}
	sp, err := translate(p, &docker)
	if err != nil {
		t.Fatal(err)
	}
	config, _ := reflect.TypeFor[image.InspectResponse]().FieldByName("Config")
	seen := 0
	for _, f := range reflect.VisibleFields(config.Type.Elem()) {
		if f.Anonymous {
			continue
		}
		seen++
		field, ok := imageFields[f.Name]
		switch {
		case !ok:
			t.Errorf("nobody has decided what an image's %s does", f.Name)
		case field.check != nil && !field.check(sp.config):
			t.Errorf("an image's %s takes effect, but it %s", f.Name, field.why)
		}
	}
	if seen != len(imageFields) {
		t.Errorf("an image's configuration has %d fields, the table %d", seen, len(imageFields))
	}
}

// TestStopSignalOfCaller: the image's word counts for nothing, the caller's does.
func TestStopSignalOfCaller(t *testing.T) {
	p := attachedPlan()
	p.RunArgs = []runargs.Arg{{Name: "stop-signal", Value: "USR1"}}
	sp, err := translate(p, &docker)
	if err != nil || sp.config.StopSignal != "USR1" {
		t.Errorf("stop signal %q, error %v", sp.config.StopSignal, err)
	}
}

// TestHealthCheckOfCaller: the engine starts ctenv-init for it and nothing else.
func TestHealthCheckOfCaller(t *testing.T) {
	p := attachedPlan()
	p.Request.Command = wire.Command{Kind: wire.CommandShell}
	p.Request.Health = "curl localhost"
	p.RunArgs = []runargs.Arg{{Name: "health-retries", Value: "7"}}
	sp, err := translate(p, &docker)
	if err != nil {
		t.Fatal(err)
	}
	want := &container.HealthConfig{Test: []string{"CMD", wire.InitPath, wire.HealthArg}, Retries: 7}
	if !reflect.DeepEqual(sp.config.Healthcheck, want) {
		t.Errorf("got %+v, want %+v", sp.config.Healthcheck, want)
	}
	p.Request.Command = wire.Command{Kind: wire.CommandArgv}
	if _, err := translate(p, &docker); err == nil {
		t.Error("the check's argument stands where the command's are")
	}
}
