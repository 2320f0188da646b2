//go:build linux

// Package account makes a user known in a container: in passwd, group and shadow, and to
// sudo. What others have written in those files stays, byte for byte.
package account

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// Edit makes the user and its groups known in the files below /etc,
// without useradd: images without it exist, and it refuses names and ids that
// directory services give out. It returns what it changed, and in warn why a file
// had to stay as it is: then there are numeric ids only.
func Edit(r *saferoot.Root, u wire.User, shell, workdir string) (changed []string, warn, err error) {
	if err := unix.Mkdirat(r.FD, "etc", 0o755); err != nil && err != unix.EEXIST && !untouchable(err) {
		return nil, nil, fmt.Errorf("making %q: %w", "/etc", err)
	}
	a := entry{name: string(u.Name), uid: u.UID, gid: u.GID, home: string(u.Home), shell: shell, workdir: workdir}
	// The files that podman makes where the image has none are the user's and nobody
	// else may read them. They are written anew, as root's.
	disown := func(f *saferoot.File) []byte {
		if f.Exists && u.UID != 0 && f.Stat.Uid == uint32(u.UID) {
			f.Exists = false
		}
		return f.Data
	}
	// shadow first: whether the name is in it decides if a passwd line is right.
	shadowed := false
	for _, edit := range []struct {
		path, empty string
		to          func(*saferoot.File) []byte
		check       func([]byte) error
	}{
		{path: "/etc/shadow", to: func(f *saferoot.File) []byte {
			if !f.Exists {
				return nil
			}
			shadowed = true
			return editShadow(f.Data, a.name)
		}},
		{path: "/etc/group", empty: newGroup, to: func(f *saferoot.File) []byte { return editGroup(disown(f), u) }},
		{path: "/etc/passwd", empty: newPasswd, check: a.resolves, to: func(f *saferoot.File) []byte {
			return editPasswd(disown(f), a, shadowed)
		}},
	} {
		done, err := editFile(r, edit.path, edit.empty, edit.to, edit.check)
		switch {
		case untouchable(err):
			warn = err
		case err != nil:
			return changed, nil, err
		case done:
			changed = append(changed, edit.path)
		}
	}
	return changed, warn, nil
}

// editFile applies one edit and says whether the file had to change. An edit that
// gives nothing leaves a missing file missing.
func editFile(r *saferoot.Root, name, empty string, to func(*saferoot.File) []byte, check func([]byte) error) (bool, error) {
	f, err := r.ReadLinked(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	if !f.Exists {
		f.Data = []byte(empty)
	}
	data := to(f)
	if data == nil || (f.Exists && bytes.Equal(data, f.Data)) {
		return false, nil
	}
	if err := r.Write(f, data, 0o644); err != nil {
		return false, err
	}
	if check != nil {
		if err := check(f.Data); err != nil {
			return false, fmt.Errorf("%q is written, but %w", name, err)
		}
	}
	return true, nil
}

// untouchable says that a file cannot or must not be changed here, and that the
// command can run all the same.
func untouchable(err error) bool {
	return slices.ContainsFunc([]error{
		saferoot.ErrForeign, saferoot.ErrOddFile, unix.EROFS, unix.EPERM, unix.EACCES, unix.ELOOP, unix.ENOTDIR, unix.ENOENT,
	}, func(target error) bool { return errors.Is(err, target) })
}

// Groups are the user's supplementary groups, those included that the container's
// own group file has by now: the image's, or what post-start commands made. One that
// is mounted is the host's, whose memberships are asked for by name. left is how many of
// the file's are too many to be taken.
func Groups(r *saferoot.Root, u wire.User) (groups []wire.Group, left int) {
	f, err := r.ReadLinked("/etc/group")
	if err != nil {
		return u.Groups, 0
	}
	defer f.Close()
	return withMemberships(f.Data, u)
}
