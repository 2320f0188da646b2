package runargs

import (
	"errors"
	"path"
	"strings"

	"github.com/docker/cli/opts"
	"github.com/docker/docker/api/types/mount"
)

// Mount is what an option mounts. Source is set for what is of the host: a bind mount, or
// a volume whose driver is told to make one.
type Mount struct {
	Source   string // on the host, as written
	Target   string // in the container
	ReadOnly bool
}

// Mount is what --mount or --tmpfs mounts; false for every other option.
func (a Arg) Mount() (Mount, bool) {
	switch a.Name {
	case "mount":
		m, err := parseMount(a.Value)
		if err != nil {
			return Mount{}, false // Parse has refused it
		}
		out := Mount{Target: m.Target, ReadOnly: m.ReadOnly}
		if m.Type == mount.TypeBind {
			out.Source = m.Source
		} else if o := m.VolumeOptions; o != nil && o.DriverConfig != nil && path.IsAbs(o.DriverConfig.Options["device"]) {
			out.Source = o.DriverConfig.Options["device"]
		}
		return out, true
	case "tmpfs":
		dir, _, _ := strings.Cut(a.Value, ":")
		return Mount{Target: dir}, true
	}
	return Mount{}, false
}

func setMount(t *target, value string) error {
	m, err := parseMount(value)
	if err != nil {
		return err
	}
	t.host.Mounts = append(t.host.Mounts, m)
	return nil
}

func parseMount(value string) (mount.Mount, error) {
	// docker takes it, with a line of its own on stderr.
	if strings.Contains(strings.ToLower(value), "bind-nonrecursive=") {
		return mount.Mount{}, errors.New("bind-nonrecursive is now bind-recursive=disabled")
	}
	var o opts.MountOpt
	if err := o.Set(value); err != nil {
		return mount.Mount{}, err
	}
	m := o.Value()[0]
	if !path.IsAbs(m.Target) {
		return mount.Mount{}, errors.New("the target is not an absolute path")
	}
	return m, nil
}

// setTmpfs takes PATH[:OPTIONS]; the options are mount(8)'s, for the engine to
// judge.
func setTmpfs(t *target, value string) error {
	dir, options, _ := strings.Cut(value, ":")
	if !path.IsAbs(dir) {
		return errors.New("want an absolute path, then options after a colon")
	}
	if t.host.Tmpfs == nil {
		t.host.Tmpfs = map[string]string{}
	}
	t.host.Tmpfs[dir] = options
	return nil
}

// Bind says whether an option is a --mount of an absolute path of the host whose mounts
// stay its own.
func (a Arg) Bind() bool {
	m := a.mount()
	shared := m.BindOptions != nil && strings.HasSuffix(string(m.BindOptions.Propagation), "shared")
	return m.Type == mount.TypeBind && path.IsAbs(m.Source) && !shared
}

// MountType is the type of a --mount, "" for another option.
func (a Arg) MountType() string { return string(a.mount().Type) }

// InMemory says whether an option is a --mount of a file system in memory.
func (a Arg) InMemory() bool { return a.mount().Type == mount.TypeTmpfs }

func (a Arg) mount() mount.Mount {
	if a.Name != "mount" {
		return mount.Mount{}
	}
	m, _ := parseMount(a.Value) // Parse has refused what is wrong
	return m
}
