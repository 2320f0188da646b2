//go:build linux

package setup

import (
	"errors"
	"fmt"
	"path"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/chowntree"
	"ctenv/internal/place"
	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// openVolume opens a mount for a change of owner. The engine followed the
// image's symlinks when it mounted it, so they are followed here, and none of the user's
// own, which can be exchanged; what they lead to has to be a mount, or it is not the volume.
func (in *Init) openVolume(target string) (int, error) {
	fd, err := in.root.Walk(target, in.req.User.UID, nil)
	if err == unix.ENOTDIR { // it is a file
		dir, above := in.root.Walk(path.Dir(target), in.req.User.UID, nil)
		if above != nil {
			return -1, above
		}
		fd, err = unix.Openat(dir, path.Base(target), unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		unix.Close(dir)
	}
	if err != nil {
		return -1, err
	}
	if in.points().Is(wire.Text(target), fd) {
		return fd, nil
	}
	defer unix.Close(fd)
	if !saferoot.IsMount(fd) {
		return -1, errNoMount
	}
	return -1, errOtherMount
}

var (
	errNoMount    = errors.New("nothing is mounted there")
	errOtherMount = errors.New("another mount is there than at first")
)

// volume is a flagged volume. It stays open from the first look to the last: the
// way to it may lead through the project, where somebody else can put a symlink
// to another mount meanwhile.
type volume struct {
	target wire.Text
	fd     int
}

// notAnother refuses a volume that is covered by a mount nobody flagged: with a
// symlink in the project, two targets are one place. Root's power is not for what
// is the host's.
func (in *Init) notAnother(target wire.Text, fd int) error {
	other := wire.Text("/")
	if !in.root.Owns(fd) {
		other = in.points().SharedWith(target, in.req.Chown)
	}
	if other == "" {
		return nil
	}
	return fmt.Errorf("it is the same place as %q, which is not to change owner", other)
}

// flagged are the ids of the mounts that become the user's.
func (in *Init) flagged() (ids []uint64) {
	for _, target := range in.req.Chown {
		fd, err := in.openVolume(string(target))
		if err != nil {
			continue
		}
		if in.notAnother(target, fd) == nil && in.sameOwner(fd, target) == nil {
			ids = append(ids, in.points()[target].Mount)
		}
		unix.Close(fd)
	}
	return ids
}

// volumeRoots gives the user each volume's root, before the post-start commands.
// A volume that refuses that refuses the rest as well and is left out later on:
// it is read-only, or its owner has no number here.
func (in *Init) volumeRoots() (string, error) {
	var ours []wire.Text
	for _, target := range in.req.Chown {
		fd, err := in.giveVolumeRoot(target)
		if err != nil {
			in.msg.Warn("volume %q keeps its owner: %v", target, err)
			continue
		}
		ours = append(ours, target)
		in.volumes = append(in.volumes, volume{target, fd})
	}
	if len(ours) == 0 {
		return "", nil
	}
	return fmt.Sprintf("the roots of %q are the user's", ours), nil
}

func (in *Init) giveVolumeRoot(target wire.Text) (int, error) {
	fd, err := in.openVolume(string(target))
	if err != nil {
		return -1, err
	}
	if err = in.notAnother(target, fd); err == nil {
		err = in.sameOwner(fd, target)
	}
	if err == nil {
		err = place.GiveTo(fd, in.req.User)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// sameOwner refuses what is of the host and belongs to somebody else than what ctenv
// saw there, and what is another volume.
func (in *Init) sameOwner(fd int, target wire.Text) error {
	for _, o := range in.req.Owners {
		if o.Target != target {
			continue
		}
		if o.Volume != "" {
			return in.points().CheckVolume(&in.req, target, o.Volume)
		}
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			return err
		}
		if int(st.Uid) != o.UID {
			return fmt.Errorf("it belongs to uid %d here, and to uid %d where ctenv looked at it", st.Uid, o.UID)
		}
	}
	return nil
}

// volumeContents gives the user everything in the volumes, what the post-start
// commands made included.
func (in *Init) volumeContents() (string, error) {
	did := ""
	for _, v := range in.volumes {
		c := chowntree.New(v.fd, in.req.User.UID, in.req.User.GID)
		stop := in.progress(string(v.target), c)
		err := c.Run()
		stop()
		unix.Close(v.fd)
		if err != nil {
			in.msg.Warn("volume %q keeps some owners: %v", v.target, err)
		}
		if did != "" {
			did += ", "
		}
		did += fmt.Sprintf("%q: %d of %d entries changed", v.target, c.Changed.Load(), c.Seen.Load())
	}
	return did, nil
}

// progress shows a count for work that takes longer than a second, until the
// returned function is called: live on a terminal, else a line now and then.
func (in *Init) progress(target string, c *chowntree.Chowner) (stop func()) {
	if in.msg.Verbosity < 0 {
		return func() {}
	}
	format, every, last := "[ctenv] owner of %q: %d entries\n", 10*time.Second, ""
	if in.msg.Live {
		// Back to the start of the line each time; at last, erase it.
		format, every, last = "\r[ctenv] owner of %q: %d entries", 100*time.Millisecond, "\r\x1b[K"
	}
	return late(every,
		func() { fmt.Fprintf(in.msg.Out, format, target, c.Seen.Load()) },
		func() { fmt.Fprint(in.msg.Out, last) })
}
