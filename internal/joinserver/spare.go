//go:build linux

package joinserver

import (
	"fmt"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/cgroup"
	"ctenv/internal/join"
	"ctenv/internal/wire"
)

// spare is a child of the server's that has started before anybody asked for it, which is
// a fifth of what a command takes on an idle machine, and a third on a busy one. It waits for an order, and becomes that command.
type spare struct {
	cmd    *exec.Cmd
	conn   *join.Conn
	report *os.File // as a command's
}

// order is what a spare waits for: the arguments and variables that it would have been
// started with. The streams come along with it, or the terminal that is all of them.
type order struct {
	Args    []wire.Text `json:"args"`
	Env     []wire.Text `json:"env"`
	Streams []int       `json:"streams,omitempty"`
	TTY     bool        `json:"tty,omitempty"`
}

// A container that may have less than this has no process that only waits.
const (
	spareMemory = 256 << 20 // bytes
	sparePIDs   = 128
)

// When the next spare is started: when the command has ended and its client knows, or goes on
// for some time. Before, it would take the processor from both.
const (
	refillSoon = 5 * time.Millisecond
	refillLate = 200 * time.Millisecond
)

// refill starts the next spare, unless there is one or the container ends.
func (s *Server) refill() {
	if s.Spare == nil || tight(cgroup.Limit(cgroup.Root), spareMemory) || tight(cgroup.PIDs(cgroup.Root), sparePIDs) {
		return
	}
	s.mu.Lock()
	needed := !s.failed && s.spare == nil && !s.filling
	s.filling = s.filling || needed
	s.mu.Unlock()
	if !needed {
		return
	}
	next, err := startSpare(s.Spare())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filling = false
	switch {
	case err != nil: // a command is started when somebody asks for one
	case s.failed:
		next.end()
	default:
		s.spare = next
	}
}

// tight says whether a limit, 0 for none, is below what is enough.
func tight(limit, enough int64) bool { return limit > 0 && limit < enough }

func startSpare(cmd *exec.Cmd) (_ *spare, err error) {
	report, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		report.Close()
		return nil, err
	}
	its := os.NewFile(uintptr(pair[1]), "spare")
	defer its.Close()
	sp := &spare{cmd: cmd, conn: join.NewConn(pair[0]), report: report}
	cmd.ExtraFiles = []*os.File{theirs, its} // wire.ReportFD, wire.OrderFD
	if err := cmd.Start(); err != nil {
		sp.conn.Close()
		report.Close()
		return nil, err
	}
	return sp, nil
}

// end ends a spare that nobody needs.
func (sp *spare) end() {
	sp.conn.Close()
	sp.report.Close()
	_ = sp.cmd.Process.Kill()
	go func() { _ = sp.cmd.Wait() }()
}

// takeSpare has the spare become what cmd would start, if there is one that can.
func (s *Server) takeSpare(cmd *exec.Cmd, req join.Request, files []*os.File) *spare {
	s.mu.Lock()
	sp := s.spare
	s.spare = nil
	s.mu.Unlock()
	if sp == nil {
		return nil
	}
	payload, err := join.Encode(order{Args: wire.Texts(cmd.Args[1:]), Env: wire.Texts(cmd.Environ()), Streams: req.Streams, TTY: req.TTY})
	if err == nil {
		// Root in the container may have stopped it, with all else.
		_ = sp.cmd.Process.Signal(unix.SIGCONT)
		err = sp.conn.Send(join.KindRequest, payload, files...)
	}
	if err != nil { // somebody has ended it
		sp.end()
		return nil
	}
	sp.conn.Close()
	return sp
}

// AwaitOrder waits in a spare for its order, and takes over the streams. It gives the
// arguments and variables of what it becomes. An error of a server that has gone is io.EOF.
func AwaitOrder() (args, env []string, err error) {
	if err := unix.SetNonblock(wire.OrderFD, true); err != nil {
		return nil, nil, err
	}
	conn := join.NewConn(wire.OrderFD)
	defer conn.Close()
	f, err := conn.Receive()
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	var o order
	if err := join.Decode(f.Payload, &o); err != nil {
		return nil, nil, err
	}
	if o.TTY {
		o.Streams = []int{0}
	}
	if f.Kind != join.KindRequest || len(f.Files) != len(o.Streams) {
		return nil, nil, fmt.Errorf("a frame of kind %q with %d descriptors is no order", f.Kind, len(f.Files))
	}
	for i, file := range f.Files {
		if err := unix.Dup3(int(file.Fd()), o.Streams[i], 0); err != nil {
			return nil, nil, err
		}
	}
	if o.TTY {
		if err := ownTerminal(); err != nil {
			return nil, nil, err
		}
	}
	return wire.Strings(o.Args), wire.Strings(o.Env), nil
}

// ownTerminal makes the terminal at stdin that of this process's session, and all of its
// streams.
func ownTerminal() error {
	if err := unix.IoctlSetInt(0, unix.TIOCSCTTY, 0); err != nil {
		return err
	}
	if err := unix.Dup3(0, 1, 0); err != nil {
		return err
	}
	return unix.Dup3(0, 2, 0)
}
