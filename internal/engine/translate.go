package engine

import (
	"fmt"
	"os"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-units"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"ctenv/internal/plan"
	"ctenv/internal/runargs"
	"ctenv/internal/wire"
)

// creation is a container in the engine's own types.
type creation struct {
	config   *container.Config
	host     *container.HostConfig
	network  *network.NetworkingConfig
	platform *ocispec.Platform
}

// translate puts a plan into this engine's types.
func (e *Engine) translate(p plan.Plan) (creation, error) { return translate(p, e.dialect()) }

// Check says whether this engine has words for p at all. It asks nobody.
func (e *Engine) Check(p plan.Plan) error {
	_, err := e.translate(p)
	return err
}

// translate puts a plan into the engine's types. It looks at nothing but p.
func translate(p plan.Plan, d *dialect) (creation, error) {
	config, err := containerConfig(p, d)
	if err != nil {
		return creation{}, err
	}
	s := creation{config: config, host: hostConfig(p), network: &network.NetworkingConfig{}}
	for _, m := range p.Mounts {
		if m.Relabel != "" || m.Podman != "" || !d.takesMount(m.Source+m.Target) {
			bind, err := translateBind(m)
			if err != nil {
				return creation{}, err
			}
			s.host.Binds = append(s.host.Binds, bind)
			continue
		}
		s.host.Mounts = append(s.host.Mounts, translateMount(m, p.VolumeLabels))
	}
	if s.platform, err = parsePlatform(p.Platform); err != nil {
		return creation{}, err
	}
	// Last, because they are the caller's own words: a log driver that was asked
	// for wins over ours. The options that could undo what ctenv relies on are not
	// among those supported.
	if err := runargs.Apply(p.RunArgs, p.Profiles, s.config, s.host, s.network); err != nil {
		return creation{}, err
	}
	for _, m := range s.host.Mounts {
		if !d.takesMount(m.Source + m.Target) {
			return creation{}, &Error{Msg: fmt.Sprintf("run_args: --mount: %s would take a part of %q at %q for fields of its own", d.command, m.Source, m.Target),
				Hint: "volumes takes a path with a comma or a quote"}
		}
	}
	if s.host.NetworkMode == network.NetworkDefault && len(s.network.EndpointsConfig) == 0 {
		s.host.NetworkMode = d.defaultNetwork
	}
	return s, nil
}

// containerConfig is what of p belongs to the container itself.
func containerConfig(p plan.Plan, d *dialect) (*container.Config, error) {
	env := make([]string, 0, len(p.Env)+2)
	for _, v := range p.Env {
		env = append(env, v.Name+"="+v.Value)
	}
	request, err := wire.Encode(p.Request)
	if err != nil {
		return nil, err
	}
	attached := !p.Detach
	return &container.Config{
		Hostname: p.Hostname,
		// ctenv-init starts as root, whatever the image's USER says. Numbers,
		// because an image may lack /etc/passwd.
		User:         "0:0",
		AttachStdin:  attached && p.OpenStdin,
		AttachStdout: attached,
		AttachStderr: attached,
		Tty:          p.TTY,
		OpenStdin:    p.OpenStdin,
		StdinOnce:    attached && p.OpenStdin,
		Env:          append(env, request...),
		Entrypoint:   p.Entrypoint,
		Cmd:          p.Cmd,
		Image:        p.Image,
		WorkingDir:   p.WorkingDir,
		Labels:       p.Labels,
		Healthcheck:  &container.HealthConfig{Test: p.HealthTest()},
		StopSignal:   plan.StopSignal,
		StopTimeout:  d.stopTimeout,
	}, nil
}

// hostConfig is what of p belongs to the engine's machine, mounts left out.
func hostConfig(p plan.Plan) *container.HostConfig {
	h := &container.HostConfig{
		AutoRemove:  true,
		Init:        new(true),
		NetworkMode: container.NetworkMode(p.Network),
		// From API 1.42 on; the request serves older engines.
		ConsoleSize: [2]uint{uint(p.Request.Rows), uint(p.Request.Cols)},
		ExtraHosts:  p.ExtraHosts,
		UsernsMode:  container.UsernsMode(p.Userns),
	}
	if p.Network == "" {
		h.NetworkMode = network.NetworkDefault
	}
	switch {
	case p.Stay:
		h.LogConfig.Type = plan.StayLogDriver
		h.LogConfig.Config = map[string]string{"max-size": plan.StayLogSize}
	case !p.Detach:
		// The output goes to the caller. Writing it to a log as well costs three
		// quarters of a pipe's throughput and a file as large as the output.
		h.LogConfig.Type = "none"
	}
	for _, u := range p.Ulimits {
		h.Ulimits = append(h.Ulimits, &units.Ulimit{Name: u.Name, Soft: u.Soft, Hard: u.Hard})
	}
	return h
}

// translateMount uses Mounts, not Binds: Binds make a missing host directory, as root.
// volumeLabels are for a volume that this makes.
func translateMount(m plan.Mount, volumeLabels map[string]string) mount.Mount {
	out := mount.Mount{
		Type:        mount.Type(m.Type),
		Source:      m.Source,
		Target:      m.Target,
		ReadOnly:    m.ReadOnly,
		Consistency: mount.Consistency(m.Consistency),
	}
	if m.Propagation != "" {
		out.BindOptions = &mount.BindOptions{Propagation: mount.Propagation(m.Propagation)}
	}
	if m.Type == plan.MountVolume && (m.NoCopy || len(volumeLabels) > 0 && m.Source != "") {
		out.VolumeOptions = &mount.VolumeOptions{NoCopy: m.NoCopy, Labels: volumeLabels}
	}
	if m.Size != 0 || m.Mode != 0 {
		out.TmpfsOptions = &mount.TmpfsOptions{SizeBytes: m.Size, Mode: os.FileMode(m.Mode)}
	}
	return out
}

// translateBind writes a mount for Binds, which is the only place where the API
// takes an SELinux relabelling, and where podman takes a path that is no field.
func translateBind(m plan.Mount) (string, error) {
	if strings.Contains(m.Source, ":") || strings.Contains(m.Target, ":") {
		return "", fmt.Errorf("mount %q at %q: the engine takes no colon in this path", m.Source, m.Target)
	}
	return m.Bind(), nil
}

// parsePlatform reads "OS/ARCH[/VARIANT]"; "" is the engine's own, nil.
func parsePlatform(s string) (*ocispec.Platform, error) {
	if s == "" {
		return nil, nil
	}
	parts := strings.Split(s, "/")
	if len(parts) < 2 || len(parts) > 3 || parts[0] == "" || parts[1] == "" {
		return nil, fmt.Errorf("platform %q is not like \"linux/amd64\" or \"linux/arm/v7\"", s)
	}
	p := &ocispec.Platform{OS: parts[0], Architecture: parts[1]}
	if len(parts) == 3 {
		p.Variant = parts[2]
	}
	return p, nil
}
