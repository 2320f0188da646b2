package runargs

import (
	"errors"
	"path"
	"strings"

	"github.com/docker/cli/opts"
	"github.com/docker/docker/api/types/mount"
)

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
