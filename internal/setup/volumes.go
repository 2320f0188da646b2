//go:build linux

package setup

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// openVolume opens a mount for a change of owner. The engine followed the
// image's symlinks when it mounted it, so they are followed here; what they lead
// to has to be a mount, or it is not the volume.
func openVolume(target string) (int, error) {
	fd, err := unix.Open(target, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	var st unix.Statx_t
	err = unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_BASIC_STATS, &st)
	if err == nil && st.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0 && st.Attributes&unix.STATX_ATTR_MOUNT_ROOT == 0 {
		unix.Close(fd)
		return -1, errNoMount
	}
	return fd, nil
}

var errNoMount = errors.New("nothing is mounted there")

// volumeRoots gives the user each volume's root, before the post-start commands.
// A volume that refuses that refuses the rest as well and is left out later on:
// it is read-only, or its owner has no number here.
func (in *Init) volumeRoots() (string, error) {
	var ours []wire.Text
	for _, target := range in.req.Chown {
		if err := giveVolumeRoot(string(target), in.req.User); err != nil {
			in.msg.Warn("volume %q keeps its owner: %v", target, err)
			continue
		}
		ours = append(ours, target)
	}
	in.volumes = ours
	if len(ours) == 0 {
		return "", nil
	}
	return fmt.Sprintf("the roots of %q are the user's", ours), nil
}

func giveVolumeRoot(target string, u wire.User) error {
	fd, err := openVolume(target)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return giveTo(fd, u)
}

// volumeContents gives the user everything in the volumes, what the post-start
// commands made included.
func (in *Init) volumeContents() (string, error) {
	did := ""
	for _, target := range in.volumes {
		fd, err := openVolume(string(target))
		if err != nil {
			return "", fmt.Errorf("volume %q: %w", target, err)
		}
		c := newChowner(fd, in.req.User.UID, in.req.User.GID)
		stop := in.progress(string(target), c)
		err = c.run()
		stop()
		unix.Close(fd)
		if err != nil {
			in.msg.Warn("volume %q keeps some owners: %v", target, err)
		}
		if did != "" {
			did += ", "
		}
		did += fmt.Sprintf("%q: %d of %d entries changed", target, c.changed.Load(), c.seen.Load())
	}
	return did, nil
}

// progress shows a count for work that takes longer than a second, until the
// returned function is called: live on a terminal, else a line now and then.
func (in *Init) progress(target string, c *chowner) (stop func()) {
	if in.msg.Verbosity < 0 {
		return func() {}
	}
	format, every, last := "[ctenv] owner of %q: %d entries\n", 10*time.Second, ""
	if in.msg.Live {
		// Back to the start of the line each time; at last, erase it.
		format, every, last = "\r[ctenv] owner of %q: %d entries", 100*time.Millisecond, "\r\x1b[K"
	}
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		shown := false
		for wait := time.Second; ; wait = every {
			select {
			case <-quit:
				if shown {
					fmt.Fprint(in.msg.Out, last)
				}
				return
			case <-time.After(wait):
				fmt.Fprintf(in.msg.Out, format, target, c.seen.Load())
				shown = true
			}
		}
	}()
	return func() { close(quit); <-ended }
}
