//go:build linux

package mounts

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"

	"ctenv/internal/privilege"
	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// Points are what the targets of the caller's mounts lead to. They are looked at once,
// before anything else: whoever can write to a directory that two of them lie in could have
// them change places between one look and the next.
type Points map[wire.Text]Point

// Point is what is at a target.
type Point struct {
	Mount uint64 // the id of the mount whose root it is, 0 for none
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
	if err := unix.Fstat(fd, &p.stat); err != nil {
		return err
	}
	if !saferoot.IsMount(fd) {
		return nil
	}
	p.Mount, err = saferoot.MountID(fd)
	return err
}

// Is says whether fd is the root of the mount that was found at target.
func (p Points) Is(target wire.Text, fd int) bool {
	id, err := saferoot.MountID(fd)
	return err == nil && id != 0 && id == p[target].Mount && saferoot.IsMount(fd)
}

// IDs are those of all mounts.
func (p Points) IDs() (all []uint64) {
	for _, at := range p {
		if at.Mount != 0 {
			all = append(all, at.Mount)
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
