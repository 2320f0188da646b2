//go:build linux

package setup

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// editAccounts makes the user and its groups known in the files below /etc,
// without useradd: images without it exist, and it refuses names and ids that
// directory services give out. It returns what it changed, and in warn why a file
// had to stay as it is: then there are numeric ids only.
func editAccounts(r *rootfs, u wire.User, shell string) (changed []string, warn, err error) {
	if err := unix.Mkdirat(r.fd, "etc", 0o755); err != nil && err != unix.EEXIST && !untouchable(err) {
		return nil, nil, fmt.Errorf("making %q: %w", "/etc", err)
	}
	a := account{name: string(u.Name), uid: u.UID, gid: u.GID, home: string(u.Home), shell: shell}
	// The files that podman makes where the image has none are the user's and nobody
	// else may read them. They are written anew, as root's.
	disown := func(f *file) []byte {
		if f.exists && u.UID != 0 && f.stat.Uid == uint32(u.UID) {
			f.exists = false
		}
		return f.data
	}
	// shadow first: whether the name is in it decides if a passwd line is right.
	shadowed := false
	for _, edit := range []struct {
		path, empty string
		to          func(*file) []byte
		check       func([]byte) error
	}{
		{path: "/etc/shadow", to: func(f *file) []byte {
			if !f.exists {
				return nil
			}
			shadowed = true
			return editShadow(f.data, a.name)
		}},
		{path: "/etc/group", empty: newGroup, to: func(f *file) []byte { return editGroup(disown(f), u) }},
		{path: "/etc/passwd", empty: newPasswd, check: a.resolves, to: func(f *file) []byte {
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
func editFile(r *rootfs, name, empty string, to func(*file) []byte, check func([]byte) error) (bool, error) {
	f, err := r.readLinked(name)
	if err != nil {
		return false, err
	}
	defer f.close()
	if !f.exists {
		f.data = []byte(empty)
	}
	data := to(f)
	if data == nil || (f.exists && bytes.Equal(data, f.data)) {
		return false, nil
	}
	if err := r.write(f, data, 0o644); err != nil {
		return false, err
	}
	if check != nil {
		if err := check(f.data); err != nil {
			return false, fmt.Errorf("%q is written, but %w", name, err)
		}
	}
	return true, nil
}

// untouchable says that a file cannot or must not be changed here, and that the
// command can run all the same.
func untouchable(err error) bool {
	for _, target := range []error{
		errForeign, errOddFile, unix.EROFS, unix.EPERM, unix.EACCES, unix.ELOOP, unix.ENOTDIR, unix.ENOENT,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

func (in *Init) account() (string, error) {
	changed, warn, err := editAccounts(in.root, in.req.User, in.loginShell)
	if err != nil {
		return "", err
	}
	if warn != nil {
		in.msg.Warn("not every account file could be changed, so names may show as numbers: %v", warn)
	}
	if len(changed) == 0 {
		return "nothing to change", nil
	}
	return "changed " + strings.Join(changed, ", "), nil
}
