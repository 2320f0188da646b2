//go:build linux

package mounts

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"golang.org/x/sys/unix"

	"ctenv/internal/mountinfo"
	"ctenv/internal/privilege"
	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// Points are what the targets of the caller's mounts lead to. They are looked at once: whoever
// can write to a directory that two of them lie in could have them change places between one
// look and the next.
type Points map[wire.Text]Point

// Point is what is at a target.
type Point struct {
	Mount uint64 // the id of the mount whose root it is, 0 for none
	on    uint64 // the id of the mount that it is on
	stat  unix.Stat_t
	err   error // why it cannot be looked at
}

// Look looks at all targets of a request.
func Look(req *wire.Request) Points {
	points := Points{}
	for _, target := range slices.Concat(req.Mounts, req.Chown) {
		points[target] = look(req, target)
	}
	for _, b := range req.Binds {
		if _, ok := points[b.Target]; !ok {
			points[b.Target] = look(req, b.Target)
		}
	}
	return points
}

// look follows the symlinks of the image that are on the way, as the runtime has followed them.
func look(req *wire.Request, target wire.Text) (at Point) {
	err := at.fill(string(target))
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		// Root of a user namespace, or of another machine than the file server, is nobody.
		err = privilege.AsUser(req.User, func() error { return at.fill(string(target)) })
	} else if err == nil && at.Mount == 0 {
		// It may not be root's to look above, by which older kernels tell a mount.
		_ = privilege.AsUser(req.User, func() error { return at.fill(string(target)) })
	}
	at.err = err
	return at
}

func (p *Point) fill(target string) error {
	fd, err := unix.Open(target, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if p.on, err = saferoot.MountID(fd); err != nil {
		return err
	}
	if saferoot.IsMount(fd) {
		p.Mount = p.on
	}
	return unix.Fstat(fd, &p.stat)
}

// Is says whether fd is the root of the mount that was found at target.
func (p Points) Is(target wire.Text, fd int) bool {
	id, err := saferoot.MountID(fd)
	return err == nil && id != 0 && id == p[target].Mount && saferoot.IsMount(fd)
}

// IDs are those of the mounts that all of them are on.
func (p Points) IDs() (all []uint64) {
	for _, at := range p {
		if at.on != 0 {
			all = append(all, at.on)
		}
	}
	return all
}

// SharedWith is another target, none of but, that leads to the same mount, "" for none.
func (p Points) SharedWith(target wire.Text, but []wire.Text) wire.Text {
	for other, at := range p {
		if other != target && at.Mount != 0 && at.Mount == p[target].Mount && !slices.Contains(but, other) {
			return other
		}
	}
	return ""
}

// CheckVolume refuses a named volume that may be another one: its target lies in a directory
// of the host, where whoever can write to it can have two mounts change places before the
// first look. Both engines keep a volume of their own in NAME/_data; one of another driver is
// told by nothing.
func (p Points) CheckVolume(req *wire.Request, target wire.Text, name string) error {
	mounted, err := mountinfo.Own()
	if err != nil {
		return err
	}
	if same, err := sameKernel(req, mounted); err != nil || !same {
		return err
	}
	volume, _ := mountinfo.Of(mounted, p[target].Mount)
	if path.Base(volume.Root) == "_data" && path.Base(path.Dir(volume.Root)) == name {
		return nil
	}
	for m, known := volume, true; known && m.Parent != m.ID; m, known = mountinfo.Of(mounted, m.Parent) {
		for _, b := range req.Binds {
			if p[b.Target].Mount == m.Parent {
				return fmt.Errorf("it lies in %q, where another mount can have taken its place, and %q, which is there, is no directory of a volume %q: mount it elsewhere", b.Target, volume.Root, name)
			}
		}
	}
	return nil
}
