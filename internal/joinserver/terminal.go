//go:build linux

package joinserver

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// openTerminal makes a pseudo-terminal of the container's (pty(7)): the master and
// the other end.
func openTerminal() (master, screen *os.File, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	master = os.NewFile(uintptr(fd), "/dev/ptmx")
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		master.Close()
		return nil, nil, err
	}
	// By the master, since a path may be anything's. Before Linux 4.13 there is but the path.
	name := "/dev/pts/" + strconv.Itoa(number)
	const flags = unix.O_RDWR | unix.O_NOCTTY | unix.O_CLOEXEC
	peer, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCGPTPEER, flags)
	if errno == 0 {
		return master, os.NewFile(peer, name), nil
	}
	screen, err = os.OpenFile(name, flags, 0)
	if err != nil {
		master.Close()
		return nil, nil, err
	}
	return master, screen, nil
}
