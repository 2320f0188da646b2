package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"ctenv/internal/plan"
)

// made is a path that was made on the host.
type made struct{ root, rel string }

// makeHostPaths makes the mount points that the engine would otherwise make as
// root. What exists stays as it is. No symlink leads out of a path's Root: os.Root
// refuses it. It returns what it made, also beside an error, in order.
func makeHostPaths(paths []plan.HostPath) ([]made, error) {
	var all []made
	for _, hp := range paths {
		some, err := makeHostPath(hp)
		all = append(all, some...)
		if err != nil {
			return all, fmt.Errorf("making the mount point %q in %q: %w", hp.Rel, hp.Root, err)
		}
	}
	return all, nil
}

func makeHostPath(hp plan.HostPath) ([]made, error) {
	root, err := os.OpenRoot(hp.Root)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return makeBelow(root, hp, path.Clean(hp.Rel), hp.File)
}

func makeBelow(root *os.Root, hp plan.HostPath, rel string, file bool) ([]made, error) {
	if _, err := root.Stat(rel); err == nil {
		return nil, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	all, err := makeBelow(root, hp, path.Dir(rel), false)
	if err != nil {
		return all, err
	}
	if file {
		var f *os.File
		if f, err = root.OpenFile(rel, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666); err == nil {
			err = f.Close()
		}
	} else {
		err = root.Mkdir(rel, 0o777)
	}
	if errors.Is(err, fs.ErrExist) {
		return all, nil // another run was faster
	}
	if err != nil {
		return all, err
	}
	return append(all, made{hp.Root, rel}), nil
}

// unmake takes away what r made on the host, once its container has gone. A folder
// can be removed while another container has something mounted on it: that is gone
// from there then, and nobody is told. So what another one may have a mount in stays,
// and all of it where the engine does not say. A container that is made and started
// between its answer and the removal is not seen; that takes far longer as a rule.
func (r *session) unmake(ctx context.Context) {
	if len(r.made) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeGrace)
	defer cancel()
	if mounted, err := r.e.mountedFolders(ctx); err == nil {
		unmake(r.made, mounted)
	}
}

// mountedFolders are the folders of the host that containers of the engine have.
func (e *Engine) mountedFolders(ctx context.Context) ([]string, error) {
	found, err := e.api.ContainerList(ctx, container.ListOptions{All: true})
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, f := range found {
		if f.State == container.StateRemoving {
			continue // ours, as a rule
		}
		// An engine in a virtual machine has names of its own for our folders.
		if dir := f.Labels[plan.LabelProjectDir]; dir != "" {
			folders = append(folders, dir)
		}
		mounts := f.Mounts
		if len(mounts) == 0 { // podman's list has none
			box, err := e.api.ContainerInspect(ctx, f.ID)
			if cerrdefs.IsNotFound(err) {
				continue // gone meanwhile
			}
			if err != nil {
				return nil, err
			}
			mounts = box.Mounts
		}
		for _, m := range mounts {
			if m.Type == mount.TypeBind {
				folders = append(folders, m.Source)
			}
		}
	}
	return folders, nil
}

// unmake removes what was made and is still empty, the deepest first, but for what
// lies in one of the folders keep.
func unmake(all []made, keep []string) {
	for i := len(all) - 1; i >= 0; i-- {
		if within(keep, filepath.Join(all[i].root, all[i].rel)) {
			continue
		}
		root, err := os.OpenRoot(all[i].root)
		if err != nil {
			continue
		}
		// A file is removed only while it is as empty as it was made; a folder
		// that is not empty stays by itself.
		if fi, err := root.Lstat(all[i].rel); err == nil && (fi.IsDir() || fi.Size() == 0) {
			_ = root.Remove(all[i].rel)
		}
		root.Close()
	}
}

// within says whether p is one of folders or lies in one, whatever symlinks lead there.
func within(folders []string, p string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool {
		rel, err := filepath.Rel(realPath(folder), realPath(p))
		return err == nil && filepath.IsLocal(rel)
	})
}

func realPath(p string) string {
	if real, err := filepath.EvalSymlinks(p); err == nil {
		return real
	}
	return p
}
