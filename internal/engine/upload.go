package engine

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"ctenv/internal/wire"
)

// noSuchSource is what engines say of a bind mount whose source they do not have.
// There is no class of errors for it.
const noSuchSource = "bind source path does not exist"

// initUnseen tells whether err says that the engine does not have the ctenv-init
// that is there on this machine: it sees other files than we do, because it runs
// elsewhere, or because we run in a container that was given its socket. Its
// address would tell neither.
func initUnseen(err error, sp spec) bool {
	text := err.Error()
	i := initMount(sp)
	if i < 0 || !strings.Contains(text, noSuchSource) || !strings.Contains(text, sp.host.Mounts[i].Source) {
		return false
	}
	_, statErr := os.Lstat(sp.host.Mounts[i].Source)
	return statErr == nil
}

// initMount is the index of ctenv-init among the mounts of sp, -1 when it is not
// one of them.
func initMount(sp spec) int {
	for i, m := range sp.host.Mounts {
		if m.Type == mount.TypeBind && m.Target == wire.InitPath {
			return i
		}
	}
	return -1
}

// withoutLocal changes sp for an engine that does not see our files: an anonymous
// volume, which goes with the container, takes ctenv-init. Unlike the container's
// own file system it can be written to where that is read-only. A folder of this
// machine cannot be had there, and whatever the engine has under the same path is
// not what was meant.
func (e *Engine) withoutLocal(sp spec) error {
	at := initMount(sp)
	for i, m := range sp.host.Mounts {
		if m.Type == mount.TypeBind && i != at {
			return e.cannotMount(m.Source, m.Target)
		}
	}
	for _, bind := range sp.host.Binds {
		source, rest, _ := strings.Cut(bind, ":")
		if strings.HasPrefix(source, "/") {
			target, _, _ := strings.Cut(rest, ":")
			return e.cannotMount(source, target)
		}
	}
	sp.host.Mounts[at] = mount.Mount{
		Type:          mount.TypeVolume,
		Target:        wire.Dir,
		VolumeOptions: &mount.VolumeOptions{NoCopy: true},
	}
	return nil
}

// cannotMount says that a folder is on this machine and not on the engine's.
func (e *Engine) cannotMount(source, target string) error {
	return &Error{
		Msg: fmt.Sprintf("the container engine at %s does not see %q of this machine, so it cannot be mounted at %s", e.endpoint.address, source, target),
		Hint: "`--no-auto-project-mount` or `auto_project_mount = false` leaves the project away, named volumes take the place of other folders; " +
			"a CI job with the engine's socket can use a path that both have, for XDG_CACHE_HOME too",
	}
}

// uploadInit puts ctenv-init into a container that has not started.
func (e *Engine) uploadInit(ctx context.Context, id string, s Streams) error {
	failed := func(err error) error {
		return &Error{Msg: fmt.Sprintf("cannot upload ctenv-init to the container engine at %s", e.endpoint.address), Err: err}
	}
	version, err := e.api.ServerVersion(ctx)
	if err != nil {
		return failed(err)
	}
	program, err := e.init(version.Arch)
	if err != nil {
		return failed(err)
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	name := strings.TrimPrefix(wire.InitPath, wire.Dir+"/")
	err = w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o555, Size: int64(len(program))})
	if err == nil {
		_, err = w.Write(program)
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = e.api.CopyToContainer(ctx, id, wire.Dir, &archive, container.CopyToContainerOptions{})
	}
	switch {
	case err == nil:
		s.verbose("uploaded ctenv-init, %d bytes: the engine does not see this machine's files", len(program))
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return failed(err)
}
