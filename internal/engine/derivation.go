package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"

	"ctenv/internal/plan"
	"ctenv/internal/runargs"
	"ctenv/internal/streams"
	"ctenv/internal/wire"
)

// derivationCreation is the container in which an image is derived from base. Docker puts
// what it is given into the image where the commit itself says nothing, and cannot be
// told that there is to be nothing: so it is given nothing that the base does not have.
func (e *Engine) derivationCreation(p plan.Plan, base ImageState) (creation, error) {
	config := baseConfig(base)
	c := creation{
		config: &container.Config{
			AttachStdin: true, AttachStdout: true, AttachStderr: true, OpenStdin: true, StdinOnce: true,
			Image:       base.Answer.ID,
			Entrypoint:  []string{wire.InitPath, wire.DeriveArg},
			StopTimeout: e.dialect().stopTimeout,
		},
		host: &container.HostConfig{
			NetworkMode: e.dialect().defaultNetwork,
			LogConfig:   container.LogConfig{Type: "none"},
		},
		network: &network.NetworkingConfig{},
	}
	if p.Derive.Network != "" {
		c.host.NetworkMode = container.NetworkMode(p.Derive.Network)
	}
	// What they say of the container's configuration would be in the image.
	if err := runargs.Apply(runargs.OfSetup(p.Derive.Limits), p.Profiles, &container.Config{}, c.host, c.network); err != nil {
		return c, err
	}
	if config.User != "" {
		c.config.User = "0:0"
	}
	if slices.ContainsFunc(config.Env, func(kv string) bool { return strings.HasPrefix(kv, wire.EnvName+"=") }) {
		// A request that an image has written itself; what becomes of the image is refused.
		c.config.Env = []string{wire.EnvName + "="}
	}
	if config.WorkingDir != "" {
		c.config.WorkingDir = "/"
	}
	if config.Healthcheck != nil {
		c.config.Healthcheck = &container.HealthConfig{Test: []string{"NONE"}}
	}
	var err error
	if c.platform, err = parsePlatform(p.Platform); err != nil {
		return c, err
	}
	for _, m := range p.Mounts {
		// Nothing of the host is mounted beside it, and an image has no use for a name
		// that is another each time.
		if m.Target = wire.Dir; m.Type == plan.MountBind {
			m.Target = wire.InitPath
		}
		if m.Relabel == "" {
			c.host.Mounts = []mount.Mount{translateMount(m, nil)}
			break
		}
		bind, err := translateBind(m)
		if err != nil {
			return c, err
		}
		c.host.Binds = []string{bind}
	}
	return c, nil
}

// CreateDerivation makes that container, with that name, wherever the engine is.
func (e *Engine) CreateDerivation(ctx context.Context, p plan.Plan, base ImageState, name string, s streams.Streams) (id string, err error) {
	into := func(p plan.Plan) (creation, error) { return e.derivationCreation(p, base) }
	p = p.WithoutStreams() // nothing is handed over to it
	p.Mounts = slices.DeleteFunc(slices.Clone(p.Mounts), func(m plan.Mount) bool { return !wire.IsInit(m.Target) && !wire.IsDir(m.Target) })
	p.RunArgs = nil
	made, refused, err := e.createAnyWay(ctx, p, name, into, s)
	if err = cmp.Or(err, refused); err == nil && made.Upload {
		if err = e.UploadInit(ctx, made.ID, wire.InitPath, s); err != nil {
			e.Remove(ctx, made.ID, s)
		}
	}
	return made.ID, err
}

// baseConfig is an image's own configuration.
func baseConfig(base ImageState) container.Config {
	found := base.Answer.Config
	if found == nil {
		return container.Config{}
	}
	out := container.Config{
		User: found.User, Env: found.Env, Entrypoint: found.Entrypoint, Cmd: found.Cmd, WorkingDir: found.WorkingDir,
		Volumes: found.Volumes, StopSignal: found.StopSignal, Healthcheck: found.Healthcheck, OnBuild: found.OnBuild,
		Shell: found.Shell, Labels: found.Labels, ExposedPorts: nat.PortSet{},
		//lint:ignore SA1019 the base's configuration is kept whole
		ArgsEscaped: found.ArgsEscaped,
	}
	for port := range found.ExposedPorts {
		out.ExposedPorts[nat.Port(port)] = struct{}{}
	}
	return out
}

// CommitOptions have the image be configured as its base is, but for two labels. Where the
// engine takes changes of the container's configuration, that has podman's own TERM and
// "container" in its environment, as each container of podman's.
func (e *Engine) CommitOptions(name string, base ImageState, d *plan.Derivation) container.CommitOptions {
	config := baseConfig(base)
	config.Labels = maps.Collect(maps.All(config.Labels))
	config.Labels[plan.LabelDerived] = d.Tag(base.Answer.ID)
	config.Labels[plan.LabelDerivedFrom] = d.From
	if config.Entrypoint == nil {
		config.Entrypoint = []string{} // not nil, which would be the container's
	}
	out := container.CommitOptions{Reference: name, Comment: "ctenv: " + d.What(), Config: &config}
	if !e.dialect().commitsChanges {
		return out
	}
	words := func(list []string) string {
		text, _ := json.Marshal(append([]string{}, list...))
		return string(text)
	}
	out.Changes = []string{"ENTRYPOINT " + words(config.Entrypoint), "CMD " + words(config.Cmd)}
	if config.User != "" {
		out.Changes = append(out.Changes, "USER "+config.User)
	}
	if config.WorkingDir != "" {
		out.Changes = append(out.Changes, "WORKDIR "+config.WorkingDir)
	}
	for _, label := range slices.Sorted(maps.Keys(config.Labels)) {
		if label == plan.LabelDerived || label == plan.LabelDerivedFrom {
			out.Changes = append(out.Changes, "LABEL "+label+"="+strconv.Quote(config.Labels[label]))
		}
	}
	return out
}
