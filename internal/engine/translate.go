package engine

import (
	"fmt"
	"os"
	"slices"
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

// spec is a container in the engine's own types.
type spec struct {
	config   *container.Config
	host     *container.HostConfig
	network  *network.NetworkingConfig
	platform *ocispec.Platform
	direct   *direct // whose socket is among the mounts, or nil
}

// dropStreams leaves the streams to the engine.
func (sp *spec) dropStreams() {
	if sp.direct == nil {
		return
	}
	source := sp.direct.mount().Source
	sp.host.Mounts = slices.DeleteFunc(sp.host.Mounts, func(m mount.Mount) bool { return m.Source == source })
	sp.host.Binds = slices.DeleteFunc(sp.host.Binds, func(b string) bool { return strings.HasPrefix(b, source+":") })
	sp.direct.expire(0)
	sp.direct = nil
}

// translate puts a plan into the engine's types, for docker or podman. It looks at
// nothing but p.
func translate(p plan.Plan, podman bool) (spec, error) {
	env := make([]string, 0, len(p.Env)+2)
	for _, v := range p.Env {
		env = append(env, v.Name+"="+v.Value)
	}
	request, err := wire.Encode(p.Request)
	if err != nil {
		return spec{}, err
	}
	attached := !p.Detach
	s := spec{
		config: &container.Config{
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
		},
		host: &container.HostConfig{
			AutoRemove:  true,
			Init:        new(true),
			NetworkMode: container.NetworkMode(p.Network),
			// From API 1.42 on; the request serves older engines.
			ConsoleSize: [2]uint{uint(p.Request.Rows), uint(p.Request.Cols)},
			ExtraHosts:  p.ExtraHosts,
			UsernsMode:  container.UsernsMode(p.Userns),
		},
		network: &network.NetworkingConfig{},
	}
	if p.Network == "" {
		s.host.NetworkMode = network.NetworkDefault
	}
	switch {
	case p.Stay:
		s.host.LogConfig.Type = plan.StayLogDriver
		s.host.LogConfig.Config = map[string]string{"max-size": plan.StayLogSize}
	case attached:
		// The output goes to the caller. Writing it to a log as well costs three
		// quarters of a pipe's throughput and a file as large as the output.
		s.host.LogConfig.Type = "none"
	}
	for _, u := range p.Ulimits {
		s.host.Ulimits = append(s.host.Ulimits, &units.Ulimit{Name: u.Name, Soft: u.Soft, Hard: u.Hard})
	}
	for _, m := range p.Mounts {
		if m.Relabel != "" || podman && strings.ContainsAny(m.Source+m.Target, ",\"\r\n") {
			bind, err := translateBind(m)
			if err != nil {
				return spec{}, err
			}
			s.host.Binds = append(s.host.Binds, bind)
			continue
		}
		s.host.Mounts = append(s.host.Mounts, translateMount(m))
	}
	if p.Platform != "" {
		platform, err := parsePlatform(p.Platform)
		if err != nil {
			return spec{}, err
		}
		s.platform = platform
	}
	// Last, because they are the caller's own words: a log driver that was asked
	// for wins over ours. The options that could undo what ctenv relies on are not
	// among those supported.
	if err := runargs.Apply(p.RunArgs, s.config, s.host, s.network); err != nil {
		return spec{}, err
	}
	return s, nil
}

// translateMount uses Mounts, not Binds: Binds make a missing host folder, as root.
func translateMount(m plan.Mount) mount.Mount {
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
	if m.NoCopy {
		out.VolumeOptions = &mount.VolumeOptions{NoCopy: true}
	}
	if m.Size != 0 || m.Mode != 0 {
		out.TmpfsOptions = &mount.TmpfsOptions{SizeBytes: m.Size, Mode: os.FileMode(m.Mode)}
	}
	return out
}

// translateBind writes a mount for Binds, which is the only place where the API
// takes an SELinux relabelling, and where podman takes a path with a comma or a
// quote: it writes a line of CSV of the others, unquoted.
func translateBind(m plan.Mount) (string, error) {
	if strings.Contains(m.Source, ":") || strings.Contains(m.Target, ":") {
		return "", fmt.Errorf("mount %q at %q: the engine takes no colon in this path", m.Source, m.Target)
	}
	return m.Bind(), nil
}

// parsePlatform reads "OS/ARCH[/VARIANT]".
func parsePlatform(s string) (*ocispec.Platform, error) {
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
