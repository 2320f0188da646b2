//go:build linux

package joinserver

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/cgroup"
	"ctenv/internal/join"
	"ctenv/internal/procsignal"
	"ctenv/internal/wire"
)

// hangUpGrace is what a command may take to end after its client has gone.
const hangUpGrace = 2 * time.Second

// command is one that somebody has joined with. It is a child of the server, which
// therefore knows it from every other process, and when it ends.
type command struct {
	server  *Server
	cmd     *exec.Cmd
	args    []wire.Text // for status
	started time.Time
	tty     bool
	master  *os.File // of its terminal, nil without one
	report  *os.File // where it says why it did not start
	ended   chan struct{}
	kills   int64 // of the container for its memory, when it began

	hungUp sync.Once

	mu     sync.Mutex
	missed unix.Signal // that came before it had a process
	done   bool        // its process id may be another's
}

// exec runs a command for a client, and ends it when the client goes.
func (s *Server) exec(conn *join.Conn, req join.Request, files []*os.File, frames <-chan join.Frame, gone <-chan struct{}) {
	select {
	case <-gone:
		return
	case <-s.set:
	}
	c, err := s.start(req, files)
	for _, f := range files {
		f.Close()
	}
	if err != nil {
		s.refuse(conn, err)
		return
	}
	if c == nil {
		_ = send(conn, join.KindEnd, s.ending())
		return
	}
	if c.master != nil && !req.Detach {
		// A client that has gone is seen below.
		_ = conn.Send(join.KindTerminal, nil, c.master)
	}
	if req.Detach {
		c.drainTerminal()
	}
	s.attend(conn, c, req.Detach, frames, gone)
}

// attend stays with a command until it has ended, or its client has left it. The client of a
// detached command that signals it wants its end, unless it says that it leaves.
func (s *Server) attend(conn *join.Conn, c *command, left bool, frames <-chan join.Frame, gone <-chan struct{}) {
	end, begun := make(chan join.End, 1), make(chan struct{})
	detached, signalled := left, false
	go func() { end <- s.follow(conn, c, detached, begun) }()
	hungUp := func() {
		if c.master != nil {
			c.master.Close()
		}
	}
	for {
		select {
		case last := <-end:
			if !left {
				hungUp()
			}
			_ = send(conn, join.KindEnd, last)
			return
		case f := <-frames:
			switch f.Kind {
			case join.KindSignal, join.KindGroup:
				signalled = true
				send := c.signal
				if f.Kind == join.KindGroup {
					send = c.signalGroup
				}
				if n, err := f.Byte(); err == nil {
					send(unix.Signal(n))
				}
			case join.KindLeave:
				signalled = false
				if !left {
					left = true
					c.drainTerminal()
				}
			}
		case <-gone:
			if !left {
				hungUp()
			}
			if !left || detached && (signalled || !isClosed(begun)) {
				c.hangUp()
				<-end
			}
			return
		}
	}
}

// follow tells a client of its command's start, of which begun is closed before, and returns the
// command's end. One of whose start nobody has learnt ends: its client was interrupted.
func (s *Server) follow(conn *join.Conn, c *command, detached bool, begun chan<- struct{}) join.End {
	why, started := c.hasStarted()
	refill := time.AfterFunc(refillLate, s.refill)
	defer refill.Reset(refillSoon)
	if started {
		close(begun)
		if conn.Send(join.KindBegun, nil) != nil && detached {
			go c.hangUp() // which waits for the end, as what follows does
		}
	}
	last := join.End{Code: c.wait()}
	if last.Code == 128+int(unix.SIGKILL) && cgroup.Kills(cgroup.Root) > c.kills {
		last.OutOfMemory, last.Memory = true, cgroup.Limit(cgroup.Root)
	}
	if detached { // nobody has seen its stderr
		last.Error = why
	}
	s.over(c)
	return last
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// start starts the child that becomes the command, nil where the container ends.
func (s *Server) start(req join.Request, files []*os.File) (_ *command, err error) {
	c := &command{server: s, args: commandWords(req), started: time.Now(), tty: req.TTY, ended: make(chan struct{}), kills: cgroup.Kills(cgroup.Root)}
	if c.cmd, err = s.Child(req); err != nil {
		return nil, err
	}
	for i, f := range files {
		switch req.Streams[i] {
		case 0:
			c.cmd.Stdin = f
		case 1:
			c.cmd.Stdout = f
		case 2:
			c.cmd.Stderr = f
		}
	}
	if req.TTY {
		master, screen, err := openTerminal()
		if err != nil {
			return nil, fmt.Errorf("making a terminal: %w", err)
		}
		defer screen.Close()
		c.master, files = master, []*os.File{screen}
		c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = screen, screen, screen
		c.cmd.SysProcAttr.Setctty = true
	}
	// Noted first, so that a stop that comes now waits for it.
	if !s.begin(c) {
		c.release()
		return nil, nil
	}
	sp := s.takeSpare(c.cmd, req, files)
	c.mu.Lock()
	if sp != nil {
		c.cmd, c.report = sp.cmd, sp.report
	} else {
		err = c.begin()
	}
	missed := c.missed
	c.mu.Unlock()
	if missed != 0 && err == nil {
		c.signal(missed)
	}
	if err != nil {
		s.over(c)
		close(c.ended)
		c.release()
		return nil, fmt.Errorf("starting the command: %w", err)
	}
	return c, nil
}

// begin starts the command's process.
func (c *command) begin() error {
	report, theirs, err := os.Pipe()
	if err != nil {
		return err
	}
	defer theirs.Close()
	c.report, c.cmd.ExtraFiles = report, []*os.File{theirs} // wire.ReportFD
	return c.cmd.Start()
}

// release closes what a command that was not started has.
func (c *command) release() {
	for _, f := range []*os.File{c.report, c.master} {
		_ = f.Close() // of a nil file, an error
	}
}

// maxWords caps what is told of a command's words, in bytes.
const maxWords = 256

// commandWords are what status shows of a command.
func commandWords(req join.Request) []wire.Text {
	words := req.Args
	switch c := req.Exec.Command; c.Kind {
	case wire.CommandText:
		words = []wire.Text{c.Text}
	case wire.CommandArgs:
		words = c.Args
	}
	room := maxWords
	for i, word := range words {
		if room -= len(word); room < 0 {
			cut := word[:len(word)+room] + "…"
			return append(append([]wire.Text{}, words[:i]...), cut)
		}
	}
	return words
}

// hasStarted waits until the child has become the command, or says why it did not.
func (c *command) hasStarted() (why string, ok bool) {
	defer c.report.Close()
	text, _ := io.ReadAll(io.LimitReader(c.report, maxReport))
	return string(text), len(text) == 0
}

// maxReport caps what a child says, in bytes.
const maxReport = 4 << 10

// wait returns the code of a command that has ended, as shells give it.
func (c *command) wait() int {
	// Until it is reaped its process id is its own.
	for unix.Waitid(unix.P_PID, c.cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.cmd.Wait()
	c.done = true
	close(c.ended)
	status := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// signal sends a signal to the command's process alone.
func (c *command) signal(sig unix.Signal) { c.send(sig, procsignal.Process) }

// signalGroup sends a signal to the command and to what it started in its group.
func (c *command) signalGroup(sig unix.Signal) {
	c.send(sig, func(pid int, sig unix.Signal) error { return procsignal.Group(pid, c.server.UID, sig) })
}

func (c *command) send(sig unix.Signal, by func(pid int, sig unix.Signal) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd.Process == nil {
		c.missed = sig
		return
	}
	if c.done {
		return
	}
	if err := by(c.cmd.Process.Pid, sig); err != nil {
		c.server.Msg.Warn("signal %d did not reach process %d: %v", sig, c.cmd.Process.Pid, err)
	}
}

// hangUp ends a command as a terminal does that goes away, and one that does not
// care for good. Once: a second signal would end what cleans up after the first.
func (c *command) hangUp() {
	c.hungUp.Do(func() {
		c.signalGroup(unix.SIGHUP)
		c.signalGroup(unix.SIGCONT) // a stopped one would not see it
		select {
		case <-c.ended:
		case <-time.After(hangUpGrace):
			c.signalGroup(unix.SIGKILL)
		}
	})
}

// drainTerminal reads the terminal of a command whose client has left: it would wait
// for a reader.
func (c *command) drainTerminal() {
	if master := c.master; master != nil {
		go func() {
			_, _ = io.Copy(io.Discard, struct{ io.Reader }{master})
			master.Close()
		}()
	}
}

// about is what status shows.
func (c *command) about() join.Command {
	c.mu.Lock()
	defer c.mu.Unlock()
	about := join.Command{Args: c.args, Started: c.started, TTY: c.tty}
	if c.cmd.Process != nil {
		about.PID = c.cmd.Process.Pid
	}
	return about
}
