//go:build linux

package setup

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// takeStreams puts pipes that lead straight to ctenv in the place of the engine's
// streams, which copy every byte six times. It is the first step, so that whatever
// anybody writes after it arrives in its order.
func (in *Init) takeStreams() {
	if in.req.Streams == "" {
		return
	}
	if err := receiveStreams(wire.StreamsPath, in.req.Streams); err != nil {
		in.msg.Detail("streams: the engine's are used: %v", err)
	}
}

// receiveStreams asks for pipes on a socket and takes them over. On an error no
// descriptor from 0 to 2 has changed, and the other side knows.
func receiveStreams(socket, ask string) error {
	conn, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(conn)
	if err := unix.Connect(conn, &unix.SockaddrUnix{Name: socket}); err != nil {
		return err
	}
	if err := writeFD(conn, []byte(ask)); err != nil {
		return err
	}
	// One more than there can be, to see a message that is too long.
	var targets [4]byte
	rights := make([]byte, unix.CmsgSpace(len(targets)*4))
	n, oobn, err := 0, 0, error(unix.EINTR)
	for err == unix.EINTR {
		n, oobn, _, _, err = unix.Recvmsg(conn, targets[:], rights, unix.MSG_CMSG_CLOEXEC)
	}
	if err != nil {
		return err
	}
	var fds []int
	if messages, err := unix.ParseSocketControlMessage(rights[:oobn]); err == nil && len(messages) == 1 {
		fds, _ = unix.ParseUnixRights(&messages[0])
	}
	defer func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}()
	if err := checkStreams(targets[:n], fds); err != nil {
		return err
	}
	if err := writeFD(conn, []byte{wire.StreamsTaken}); err != nil {
		return err
	}
	for i, target := range targets[:n] {
		if err := unix.Dup3(fds[i], int(target), 0); err != nil {
			return fmt.Errorf("taking over descriptor %d: %w", target, err)
		}
	}
	return nil
}

// checkStreams takes nothing but what wire.Request.Streams says: pipes, each for
// another standard stream. It makes them root's, as the engine's are: where that is
// not to be had, nobody here could open them again.
func checkStreams(targets []byte, fds []int) error {
	if len(targets) == 0 || len(targets) != len(fds) {
		return fmt.Errorf("%d pipes for %d streams", len(fds), len(targets))
	}
	var seen [3]bool
	for i, target := range targets {
		if int(target) >= len(seen) || seen[target] {
			return errors.New("the same stream twice, or none of the three")
		}
		seen[target] = true
		var st unix.Stat_t
		if err := unix.Fstat(fds[i], &st); err != nil {
			return err
		}
		// Not a FIFO with a name, which may be anybody's: its owner is changed.
		var fs unix.Statfs_t
		if err := unix.Fstatfs(fds[i], &fs); err != nil {
			return err
		}
		if st.Mode&unix.S_IFMT != unix.S_IFIFO || fs.Type != unix.PIPEFS_MAGIC || fds[i] < len(seen) {
			return errors.New("what came is no pipe")
		}
		if err := unix.Fchown(fds[i], 0, -1); err != nil {
			return fmt.Errorf("making descriptor %d root's: %w", target, err)
		}
	}
	return nil
}
