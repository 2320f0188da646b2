package engine

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/docker/docker/api/types/container"

	"ctenv/internal/plan"
	"ctenv/internal/streams"
)

// noSuchSource is what engines say of a bind mount whose source they do not have.
// There is no class of errors for it.
const noSuchSource = "bind source path does not exist"

// unseen tells whether err says that the engine does not have the file at source that is
// there on this machine: it sees other files than we do, because it runs
// elsewhere, or because we run in a container that was given its socket. Its
// address would tell neither.
func unseen(err error, source string) bool {
	text := err.Error()
	if source == "" || !strings.Contains(text, noSuchSource) || !strings.Contains(text, source) {
		return false
	}
	_, statErr := os.Lstat(source)
	return statErr == nil
}

// unreadable tells whether err says that the engine may not reach source, although the
// caller may: its root is nobody on a file system of FUSE without allow_other, and on NFS
// with root_squash.
func unreadable(err error, source string) bool {
	text := strings.ToLower(err.Error())
	if !strings.Contains(text, "permission denied") || !strings.Contains(text, strings.ToLower(source)) {
		return false
	}
	_, statErr := os.Stat(source)
	return statErr == nil
}

// unreadableMount explains err where it says that the engine may not reach a mount's
// source, nil where it does not.
func unreadableMount(err error, p plan.Plan) error {
	m, found := meantMount(p, func(m plan.Mount) bool { return unreadable(err, m.Source) })
	if !found {
		return nil
	}
	return &Error{
		Msg:  fmt.Sprintf("the container engine may not read %q, which you may", m.Source),
		Hint: "on a file system of FUSE the option allow_other lets its root in, on NFS no_root_squash; elsewhere execute permission for others on the directories above",
	}
}

// cannotMount says that a directory is on this machine and not on the engine's.
func (e *Engine) cannotMount(source, target string) *Error {
	return &Error{
		Msg:  fmt.Sprintf("the container engine at %s does not see %q of this machine, so it cannot be mounted at %s", e.Address(), source, target),
		Hint: "`--no-auto-project-mount` or `auto_project_mount = false` leaves the project out, named volumes take the place of other directories",
	}
}

// UploadInit puts ctenv-init into a container that has not started, at a path.
func (e *Engine) UploadInit(ctx context.Context, id, at string, s streams.Streams) error {
	failed := func(err error) error {
		return &Error{Msg: fmt.Sprintf("cannot upload ctenv-init to the container engine at %s", e.Address()), Err: err}
	}
	version, err := e.API.ServerVersion(ctx)
	if err != nil {
		return failed(err)
	}
	program, err := e.options.Init(version.Arch)
	if err != nil {
		return failed(err)
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	err = w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: path.Base(at), Mode: 0o555, Size: int64(len(program))})
	if err == nil {
		_, err = w.Write(program)
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = e.API.CopyToContainer(ctx, id, path.Dir(at), &archive, container.CopyToContainerOptions{})
	}
	switch {
	case err == nil:
		s.Verbosef("uploaded ctenv-init, %d bytes: the one on this machine cannot be used", len(program))
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return failed(err)
}
