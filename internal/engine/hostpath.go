package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

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

// unmake removes what was made and is still empty, the deepest first.
func unmake(all []made) {
	for i := len(all) - 1; i >= 0; i-- {
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
