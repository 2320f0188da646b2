//go:build linux

// Package takeover is the other end of package handover: it takes over descriptors that
// ctenv gives to ctenv-init, pipes for the standard streams or a socket to serve.
package takeover

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// Streams asks for pipes on a socket and takes them over. On an error no
// descriptor from 0 to 2 has changed, and the other side knows.
func Streams(socket, ask string) error {
	return receive(socket, ask, checkStreams, func(targets []byte, fds []int) error {
		for i, target := range targets {
			if target == wire.StreamsWitness {
				continue
			}
			if err := unix.Dup3(fds[i], int(target), 0); err != nil {
				return fmt.Errorf("taking over descriptor %d: %w", target, err)
			}
		}
		return nil
	})
}

// Listener asks for the socket to serve, which is non-blocking and close-on-exec.
func Listener(socket, ask string) (listener *os.File, err error) {
	err = receive(socket, ask, checkListener, func(_ []byte, fds []int) error {
		fd, err := unix.FcntlInt(uintptr(fds[0]), unix.F_DUPFD_CLOEXEC, 3)
		if err == nil {
			err = unix.SetNonblock(fd, true)
		}
		listener = os.NewFile(uintptr(fd), "listener")
		return err
	})
	return listener, err
}

// receive asks for descriptors on a socket, and uses those that will do, which it
// tells the other side.
func receive(socket, ask string, check, use func(targets []byte, fds []int) error) error {
	conn, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(conn)
	if err := unix.Connect(conn, &unix.SockaddrUnix{Name: socket}); err != nil {
		return err
	}
	if err := saferoot.WriteFD(conn, []byte(ask)); err != nil {
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
	if err := check(targets[:n], fds); err != nil {
		return err
	}
	if err := saferoot.WriteFD(conn, []byte{wire.StreamsTaken}); err != nil {
		return err
	}
	return use(targets[:n], fds)
}

// checkListener takes nothing but one Unix socket that listens.
func checkListener(targets []byte, fds []int) error {
	if len(targets) != 1 || targets[0] != wire.StreamsListener || len(fds) != 1 {
		return fmt.Errorf("%d descriptors for a socket", len(fds))
	}
	for option, want := range map[int]int{unix.SO_DOMAIN: unix.AF_UNIX, unix.SO_TYPE: unix.SOCK_STREAM, unix.SO_ACCEPTCONN: 1} {
		if got, err := unix.GetsockoptInt(fds[0], unix.SOL_SOCKET, option); err != nil || got != want {
			return errors.New("what came is no socket that listens")
		}
	}
	return nil
}

// checkStreams takes nothing but what wire.Request.Streams says: one that is not used, or
// pipes, each for another standard stream. It makes them root's, as the engine's are: where that is
// not to be had, nobody here could open them again.
func checkStreams(targets []byte, fds []int) error {
	if len(targets) == 1 && targets[0] == wire.StreamsWitness {
		return nil
	}
	if len(targets) == 0 || len(targets) != len(fds) {
		return fmt.Errorf("%d pipes for %d streams", len(fds), len(targets))
	}
	var seen [3]bool
	for i, target := range targets {
		if int(target) >= len(seen) || seen[target] {
			return errors.New("the same stream twice, or none of the three")
		}
		seen[target] = true
		if fds[i] < len(seen) {
			return errors.New("what came is a stream already")
		}
		if err := CheckPipe(fds[i]); err != nil {
			return err
		}
		if err := unix.Fchown(fds[i], 0, -1); err != nil {
			return fmt.Errorf("making descriptor %d root's: %w", target, err)
		}
	}
	return nil
}

// CheckPipe says why a descriptor is no pipe, nil where it is one.
func CheckPipe(fd int) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	// Not a FIFO with a name, which may be anybody's: its owner is changed.
	var fs unix.Statfs_t
	if err := unix.Fstatfs(fd, &fs); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFIFO || fs.Type != unix.PIPEFS_MAGIC {
		return errors.New("what came is no pipe")
	}
	return nil
}
