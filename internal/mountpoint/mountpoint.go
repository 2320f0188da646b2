// Package mountpoint makes the mount points that an engine would make on the host as
// root, and takes them away again.
package mountpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"ctenv/internal/plan"
)

// Made is a path that was made.
type Made struct{ root, rel string }

// Make makes the mount points that the engine would otherwise make as
// root. What exists stays as it is. No symlink leads out of a path's Root: os.Root
// refuses it. It returns what it made, also beside an error, in order.
func Make(paths []plan.HostPath) ([]Made, error) {
	var all []Made
	for _, hp := range paths {
		some, err := makeOne(hp)
		all = append(all, some...)
		if err != nil {
			return all, fmt.Errorf("making the mount point %q in %q: %w", hp.Rel, hp.Root, err)
		}
	}
	return all, nil
}

func makeOne(hp plan.HostPath) ([]Made, error) {
	root, err := openRoot(hp.Root)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return makeBelow(root, hp, path.Clean(hp.Rel), hp.File)
}

func makeBelow(root *os.Root, hp plan.HostPath, rel string, file bool) ([]Made, error) {
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
	return append(all, Made{hp.Root, rel}), nil
}

// Unmake removes what was made and is still empty, the deepest first, but for what
// lies in one of the directories keep.
func Unmake(all []Made, keep []string) {
	for i := len(all) - 1; i >= 0; i-- {
		if within(keep, filepath.Join(all[i].root, all[i].rel)) {
			continue
		}
		root, err := openRoot(all[i].root)
		if err != nil {
			continue
		}
		// A file is removed only while it is as empty as it was made; a directory
		// that is not empty stays by itself.
		if fi, err := root.Lstat(all[i].rel); err == nil && (fi.IsDir() || fi.Size() == 0) {
			_ = root.Remove(all[i].rel)
		}
		root.Close()
	}
}

// within says whether p, which has no symlinks, is one of directories or lies in one,
// whatever symlinks lead there.
func within(directories []string, p string) bool {
	return slices.ContainsFunc(directories, func(directory string) bool {
		if real, err := filepath.EvalSymlinks(directory); err == nil {
			directory = real
		}
		rel, err := filepath.Rel(directory, p)
		return err == nil && filepath.IsLocal(rel)
	})
}
