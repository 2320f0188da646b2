package engine

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/mount"
	"golang.org/x/sys/unix"

	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// directGrace is how long after the start of a container ctenv-init may take to ask
// for its streams. It is the first that it does, so it has done so by then, or cannot.
const directGrace = time.Second

// pumpSize is how much one call may copy, in bytes: as much as a pipe may hold.
const pumpSize = 1 << 20

// direct are pipes between the caller's streams and a container's process, past the
// engine, which takes each byte through a dozen buffers of three processes. They are
// ctenv's own: a container that got the caller's could read what another wrote there.
//
// ctenv-init fetches them from a socket that is mounted into the container. Whether it
// could is settled in one place, the acceptance of its connection: an engine on
// another kernel, a policy that forbids it or a lost race leave the engine's streams.
type direct struct {
	dir      string // holds the socket, nobody else's
	listener *net.UnixListener

	targets []byte     // as wire.Request.Streams has them
	theirs  []int      // the container's ends, in that order
	in      *os.File   // our ends: nil where the command has no stdin,
	outs    []*os.File // one or two,
	to      []*os.File // and where those go

	settled chan struct{} // closed once it is known whether the pipes are used
	used    bool
}

// newDirect prepares the pipes for the streams of p, or returns nil where there cannot
// be any. Terminals are the engine's, and so is output that it is to log.
func newDirect(p plan.Plan, s Streams) *direct {
	init := slices.IndexFunc(p.Mounts, func(m plan.Mount) bool { return m.Target == wire.InitPath })
	if p.TTY || p.Detach || p.OwnLog() || init < 0 || enforcesSELinux() {
		return nil
	}
	d := &direct{settled: make(chan struct{})}
	// The engine sees the socket where it sees ctenv-init.
	if err := d.prepare(filepath.Dir(p.Mounts[init].Source), p.OpenStdin, s); err != nil {
		s.verbose("the engine's streams are used: %v", err)
		d.giveUp()
		return nil
	}
	go d.give()
	return d
}

// mount is where ctenv-init finds the socket.
func (d *direct) mount() mount.Mount {
	return mount.Mount{Type: mount.TypeBind, Source: filepath.Join(d.dir, socketName), Target: wire.StreamsPath, ReadOnly: true}
}

const socketName = "socket"

// enforcesSELinux says that a container may not connect to a process outside.
func enforcesSELinux() bool {
	on, err := os.ReadFile("/sys/fs/selinux/enforce")
	return err == nil && strings.TrimSpace(string(on)) == "1"
}

func (d *direct) prepare(parent string, stdin bool, s Streams) (err error) {
	if stdin {
		if err := d.pipe(0, func(r, w int) (int, int) { return r, w }, nil); err != nil {
			return err
		}
	}
	if err := d.pipe(1, func(r, w int) (int, int) { return w, r }, s.Out); err != nil {
		return err
	}
	if sameFile(s.Out, s.Err) {
		// One pipe keeps the order of what is written to both.
		if err := d.share(2); err != nil {
			return err
		}
	} else if err := d.pipe(2, func(r, w int) (int, int) { return w, r }, s.Err); err != nil {
		return err
	}
	if d.dir, err = os.MkdirTemp(parent, "streams-"); err != nil {
		return err
	}
	dir, err := os.Open(d.dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	// A socket's path is at most 107 bytes long (unix(7)); this one is short.
	short := "/proc/self/fd/" + strconv.Itoa(int(dir.Fd())) + "/" + socketName
	if d.listener, err = net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"}); err != nil {
		return err
	}
	d.listener.SetUnlinkOnClose(false) // it goes with its folder
	// The folder keeps others out. Root in the container may be anybody here.
	return os.Chmod(filepath.Join(d.dir, socketName), 0o666)
}

// pipe makes a pipe for a stream. ends says which is the container's and which ours.
func (d *direct) pipe(target byte, ends func(r, w int) (theirs, ours int), to *os.File) error {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return err
	}
	theirs, ours := ends(p[0], p[1])
	d.targets, d.theirs = append(d.targets, target), append(d.theirs, theirs)
	end := os.NewFile(uintptr(ours), "|")
	if to == nil {
		d.in = end
		return nil
	}
	d.outs, d.to = append(d.outs, end), append(d.to, to)
	return nil
}

// share uses the pipe made last for one more stream.
func (d *direct) share(target byte) error {
	fd, err := unix.FcntlInt(uintptr(d.theirs[len(d.theirs)-1]), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	d.targets, d.theirs = append(d.targets, target), append(d.theirs, fd)
	return nil
}

func sameFile(a, b *os.File) bool {
	infoA, errA := a.Stat()
	infoB, errB := b.Stat()
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// give hands the container's ends to the first who connects, and settles whether
// somebody has come.
func (d *direct) give() {
	defer close(d.settled)
	conn, err := d.listener.AcceptUnix()
	if err == nil {
		_, _, err = conn.WriteMsgUnix(d.targets, unix.UnixRights(d.theirs...), nil)
		err = errors.Join(err, conn.Close())
	}
	d.used = err == nil
	d.giveUp()
}

// giveUp closes what is not ours: from here on nobody can take the pipes.
func (d *direct) giveUp() {
	if d.listener != nil {
		_ = d.listener.Close()
	}
	for _, fd := range d.theirs {
		unix.Close(fd)
	}
	if d.dir != "" {
		_ = os.RemoveAll(d.dir)
	}
}

// expire has the engine's streams used unless ctenv-init comes soon.
func (d *direct) expire() { _ = d.listener.SetDeadline(time.Now().Add(directGrace)) }

// isUsed waits until it is settled whether the pipes are used.
func (d *direct) isUsed() bool {
	<-d.settled
	return d.used
}

// copyOutput copies one of the outputs to its end. A failure to write is an
// *outputError. That nobody reads any more is none: our end is closed then, so the
// kernel tells whoever goes on writing, by EPIPE and SIGPIPE.
func (d *direct) copyOutput(i int) error {
	defer d.outs[i].Close()
	if !d.isUsed() {
		return nil
	}
	err := splice(d.to[i], d.outs[i])
	if err == unix.EINVAL || err == unix.EAGAIN { // a file opened for appending; somebody's O_NONBLOCK
		_, err = io.Copy(struct{ io.Writer }{d.to[i]}, struct{ io.Reader }{d.outs[i]})
	}
	if err == nil || errors.Is(err, unix.EPIPE) {
		return nil
	}
	return &outputError{err}
}

// copyInput copies in to the command until its end, or the command's.
func (d *direct) copyInput(in *os.File) {
	defer d.in.Close()
	switch splice(d.in, in) {
	case unix.EINVAL, unix.EAGAIN:
		_, _ = io.Copy(d.in, struct{ io.Reader }{in})
	}
}

// splice copies from src to dst, one of which is a pipe, within the kernel. EINVAL is
// for a file that does not take part, EAGAIN for one that is not ready and does not
// wait; what was copied before is not lost.
func splice(dst, src *os.File) error {
	to, err := dst.SyscallConn()
	if err != nil {
		return err
	}
	from, err := src.SyscallConn()
	if err != nil {
		return err
	}
	for {
		n, err := int64(0), error(unix.EINTR)
		controlErr := to.Control(func(w uintptr) {
			_ = from.Control(func(r uintptr) {
				for err == unix.EINTR {
					n, err = unix.Splice(int(r), nil, int(w), nil, pumpSize, unix.SPLICE_F_MOVE)
				}
			})
		})
		switch {
		case controlErr != nil:
			return controlErr
		case err != nil || n == 0:
			return err
		}
	}
}

// close ends what a run that failed has prepared.
func (d *direct) close() {
	_ = d.listener.Close()
	<-d.settled
	for _, end := range append(d.outs, d.in) {
		_ = end.Close() // of a nil file, an error
	}
}
