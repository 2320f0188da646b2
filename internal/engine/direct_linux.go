package engine

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

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
// could is settled in one place, by what it answers: an engine on another kernel, a
// policy that forbids it or a lost race leave the engine's streams.
type direct struct {
	dir      string // holds the socket, nobody else's
	listener *net.UnixListener
	ask      string // as wire.Request.Streams

	targets []byte       // as wire.Request.Streams has them
	theirs  []int        // the container's ends, in that order
	in      *os.File     // our ends: nil where the command has no stdin,
	outs    []*os.File   // one or two,
	to      []*os.File   // and where those go
	writing atomic.Int32 // how many copies hold what they have not written

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
	d := &direct{ask: newMark(), settled: make(chan struct{})}
	// The engine sees the socket where it sees ctenv-init.
	if err := d.prepare(filepath.Dir(p.Mounts[init].Source), p.OpenStdin, s); err != nil {
		s.verbose("the engine's streams are used: %v", err)
		d.giveUp()
		d.closeOurs()
		return nil
	}
	go d.give()
	return d
}

// mount is where ctenv-init finds the socket.
func (d *direct) mount() plan.Mount {
	return plan.Mount{Type: plan.MountBind, Source: filepath.Join(d.dir, socketName), Target: wire.StreamsPath, ReadOnly: true}
}

const socketName = "socket"

// enforcesSELinux says that a container may not connect to a process outside.
func enforcesSELinux() bool {
	on, err := os.ReadFile("/sys/fs/selinux/enforce")
	return err == nil && strings.TrimSpace(string(on)) == "1"
}

func (d *direct) prepare(parent string, stdin bool, s Streams) (err error) {
	if stdin {
		if err := d.pipe(0, nil); err != nil {
			return err
		}
	}
	if err := d.pipe(1, s.Out); err != nil {
		return err
	}
	if sameFile(s.Out, s.Err) {
		// One pipe keeps the order of what is written to both.
		if err := d.share(2); err != nil {
			return err
		}
	} else if err := d.pipe(2, s.Err); err != nil {
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
	return chmodSocket(int(dir.Fd()), 0o666)
}

// chmodSocket changes the mode of the socket in a folder, and of nothing else that
// may have taken its place.
func chmodSocket(dir int, mode uint32) error {
	fd, err := unix.Openat(dir, socketName, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return fmt.Errorf("the socket has been replaced: %v", err)
	}
	return unix.Chmod("/proc/self/fd/"+strconv.Itoa(fd), mode)
}

// pipe makes a pipe for a stream: an output that goes to a file, or 0, stdin.
func (d *direct) pipe(target byte, to *os.File) error {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return err
	}
	reader, writer := p[0], p[1]
	d.targets = append(d.targets, target)
	if target == 0 {
		d.theirs, d.in = append(d.theirs, reader), os.NewFile(uintptr(writer), "|")
		return nil
	}
	d.theirs, d.outs = append(d.theirs, writer), append(d.outs, os.NewFile(uintptr(reader), "|"))
	d.to = append(d.to, to)
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

// give hands the container's ends to the first who asks for them as only ctenv-init
// can, and settles whether they are used.
func (d *direct) give() {
	defer close(d.settled)
	defer d.giveUp()
	for {
		conn, err := d.listener.AcceptUnix()
		if err != nil {
			return
		}
		asked := d.giveTo(conn)
		conn.Close()
		if asked {
			return
		}
	}
}

// giveTo serves one connection and says whether it was ctenv-init's.
func (d *direct) giveTo(conn *net.UnixConn) (asked bool) {
	_ = conn.SetDeadline(time.Now().Add(directGrace))
	ask := make([]byte, len(d.ask))
	if _, err := io.ReadFull(conn, ask); err != nil || subtle.ConstantTimeCompare(ask, []byte(d.ask)) != 1 {
		return false
	}
	var answer [1]byte
	if _, _, err := conn.WriteMsgUnix(d.targets, unix.UnixRights(d.theirs...), nil); err == nil {
		_, err = io.ReadFull(conn, answer[:])
		d.used = err == nil && answer[0] == wire.StreamsTaken
	}
	return true
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

// expire has the engine's streams used unless ctenv-init comes within a time.
func (d *direct) expire(within time.Duration) { _ = d.listener.SetDeadline(time.Now().Add(within)) }

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
	if err == unix.EINVAL || err == unix.EAGAIN { // a file; somebody's O_NONBLOCK
		_, err = io.Copy(d.writer(d.to[i]), struct{ io.Reader }{d.outs[i]})
	}
	if err == nil || errors.Is(err, unix.EPIPE) {
		return nil
	}
	return &outputError{err}
}

// writer writes to a file and keeps count of it.
func (d *direct) writer(f *os.File) io.Writer {
	return writerFunc(func(b []byte) (int, error) {
		d.writing.Add(1)
		defer d.writing.Add(-1)
		return f.Write(b)
	})
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(b []byte) (int, error) { return w(b) }

// ended returns a channel for a container that has ended. It is closed when nothing has
// come for a while: somebody outside may hold an end of a pipe, for ever.
func (d *direct) ended(ctx context.Context) <-chan struct{} {
	d.expire(0) // nobody will come any more
	idle := make(chan struct{})
	go func() {
		for quiet := time.Duration(0); quiet < lostGrace; quiet += idlePoll {
			if sleep(ctx, idlePoll) != nil {
				return
			}
			if d.holds() {
				quiet = 0
			}
		}
		close(idle)
	}()
	return idle
}

// idlePoll is how often ended looks.
const idlePoll = 50 * time.Millisecond

// holds says that there is output which has not been written yet.
func (d *direct) holds() bool {
	for _, out := range d.outs {
		raw, err := out.SyscallConn()
		if err != nil {
			continue
		}
		n := 0
		_ = raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
		if n > 0 {
			return true
		}
	}
	return d.writing.Load() > 0
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
// wait; what was copied before is not lost. Plain files are left to read(2) and
// write(2): splice(2) sets their place to what it was before it waited for the pipe, and
// what is in the pipe would change with the file.
func splice(dst, src *os.File) error {
	for _, f := range []*os.File{dst, src} {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return unix.EINVAL
		}
	}
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
	d.closeOurs()
}

func (d *direct) closeOurs() {
	for _, end := range append(d.outs, d.in) {
		_ = end.Close() // of a nil file, an error
	}
}
