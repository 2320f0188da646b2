//go:build linux

// Package joinserver is the server's end of joining a container: it runs in the container's
// first process, takes those who join, starts their commands as children of it, and ends
// them when the container ends.
package joinserver

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/child"
	"ctenv/internal/hint"
	"ctenv/internal/join"
	"ctenv/internal/message"
	"ctenv/internal/takeover"
	"ctenv/internal/wire"
)

// farewell is for those who have joined to learn of the end: what an engine carries
// is lost with the container.
const farewell = time.Second

// Config is what a server needs to know.
type Config struct {
	UID  int       // the container's user
	Note wire.Text // what each client is told first
	Msg  message.Writer
	// Child gives the process that becomes the command of a request, not started yet and
	// without streams. It is called when set-up is over.
	Child func(join.Request) (*exec.Cmd, error)
	// Spare gives a process that calls AwaitOrder, and then does as one of Child; nil for
	// none. It is called when set-up is over.
	Spare func() *exec.Cmd
}

// Server runs the commands of those who join a container, and tells what they want to know.
type Server struct {
	Config
	said *Said
	set  chan struct{} // closed when set-up is over

	mu       sync.Mutex
	failed   bool // set-up has failed, or the container ends
	code     int  // of a set-up that failed
	commands map[*command]bool
	clients  int
	spare    *spare        // for the next command, nil for none
	filling  bool          // one is being started
	grace    time.Duration // that commands have to end in, 0 for that of child.LastSignals
}

// New makes a server that keeps its clients waiting until SetUp. said is what set-up says.
func New(c Config, said *Said) *Server {
	return &Server{Config: c, said: said, set: make(chan struct{}), commands: map[*command]bool{}}
}

// SetUp says that set-up is over, and with another code than 0 that it has failed with that.
func (s *Server) SetUp(code int) {
	if code != 0 {
		s.mu.Lock()
		s.failed, s.code = true, code
		s.mu.Unlock()
	}
	s.said.end()
	close(s.set)
	if code == 0 {
		go s.refill()
	}
}

// Accept serves who connects to a socket as uid, and nobody else, as long as it can. Where
// relays is not nil, others can reach the socket: root of a container that shares the network,
// and maybe the processes, has the same uid. So only who has the word is served then.
func (s *Server) Accept(listener *os.File, uid int, relays *wire.Serve) {
	for {
		conn, err := join.Accept(listener)
		if err != nil {
			if err == unix.EMFILE || err == unix.ENFILE || err == unix.ENOMEM {
				time.Sleep(50 * time.Millisecond)
				continue
			}
			s.Msg.Detail("nobody can join by a socket any more: %v", err)
			return
		}
		if peer, here, err := conn.Peer(); err != nil || peer != uid || relays != nil && !here {
			conn.Close()
			continue
		}
		go func() {
			defer conn.Close()
			defer conn.Forget()
			if relays != nil && (conn.Shown(relays.RelayProof()) != nil || conn.Show(relays.ServerProof()) != nil) {
				return
			}
			s.count(1)
			defer s.count(-1)
			s.serve(conn)
		}()
	}
}

func (s *Server) count(more int) (clients int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients += more
	return s.clients
}

// AwaitClients gives those who have joined time to read how it ended.
func (s *Server) AwaitClients() {
	for late := time.Now().Add(farewell); s.count(0) > 0 && time.Now().Before(late); {
		time.Sleep(5 * time.Millisecond)
	}
}

// serve does one client's request.
func (s *Server) serve(conn *join.Conn) {
	hello := join.Hello{Version: join.Version, Request: wire.Version, Ready: s.ready(), Note: s.Note}
	if send(conn, join.KindHello, hello) != nil {
		return
	}
	defer conn.Forget()
	f, err := conn.Receive()
	if err != nil {
		return
	}
	defer f.Close()
	req, err := s.check(f)
	if err != nil {
		s.refuse(conn, err)
		return
	}
	// What comes after the request: signals, and the end of the client.
	frames, gone := make(chan join.Frame), make(chan struct{})
	served := make(chan struct{})
	go func() {
		defer close(gone)
		for {
			f, err := conn.Receive()
			f.Close()
			if err != nil {
				return
			}
			select {
			case frames <- f:
			case <-served: // it says nothing more to anybody, but that it goes
			}
		}
	}()
	switch req.Op {
	case join.OpGrace:
		s.mu.Lock()
		s.grace = time.Duration(req.Grace) * time.Second
		s.mu.Unlock()
		_ = send(conn, join.KindAnswer, s.status())
	case join.OpStatus:
		_ = send(conn, join.KindAnswer, s.status())
	case join.OpSetup:
		s.tellSetup(conn, f.Files, gone)
	case join.OpExec:
		s.exec(conn, req, f.Files, frames, gone)
	}
	close(served)
	<-gone // it has read the last frame: the container may end
}

// send sends a message.
func send(conn *join.Conn, kind join.Kind, message any) error {
	payload, err := join.Encode(message)
	if err != nil {
		return err
	}
	return conn.Send(kind, payload)
}

func (s *Server) refuse(conn *join.Conn, err error) {
	_ = send(conn, join.KindEnd, join.End{Code: hint.Engine, Error: err.Error()})
}

// check reads a request and looks at what has come with it. A client is the user, who
// may have root open whatever it can name: it gets nothing by that.
func (s *Server) check(f join.Frame) (join.Request, error) {
	if f.Kind != join.KindRequest {
		return join.Request{}, fmt.Errorf("a frame of kind %q is no request", f.Kind)
	}
	req, err := join.DecodeRequest(f.Payload)
	if err != nil {
		return req, fmt.Errorf("request: %w", err)
	}
	if len(f.Files) != len(req.Streams) {
		return req, fmt.Errorf("%d descriptors for %d streams", len(f.Files), len(req.Streams))
	}
	for _, file := range f.Files {
		if err := takeover.CheckPipe(int(file.Fd())); err != nil {
			return req, err
		}
	}
	if uid := s.UID; req.Exec != nil && req.Exec.User.UID != uid {
		return req, fmt.Errorf("the container was set up for uid %d, not %d", uid, req.Exec.User.UID)
	}
	return req, nil
}

// ready says that commands can run: set-up is over, and went well.
func (s *Server) ready() bool {
	select {
	case <-s.set:
	default:
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.failed
}

// running are the commands that there are.
func (s *Server) running() (all []*command) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.commands {
		all = append(all, c)
	}
	return all
}

// status is what there is to know. One command that is being started holds up nobody but who
// asks for it.
func (s *Server) status() join.Status {
	st := join.Status{Ready: s.ready()}
	room := join.MaxData / 2
	for _, c := range s.running() {
		about := c.about()
		for _, arg := range about.Args {
			room -= 6*len(arg) + 16
		}
		if room -= 128; room < 0 {
			break
		}
		st.Commands = append(st.Commands, about)
	}
	return st
}

// tellSetup copies what set-up says to the pipe that has come, and tells how it ended.
func (s *Server) tellSetup(conn *join.Conn, files []*os.File, gone <-chan struct{}) {
	if len(files) == 1 {
		s.said.copyTo(files[0])
		files[0].Close()
	}
	select {
	case <-gone:
	case <-s.set:
		_ = send(conn, join.KindEnd, s.ending())
	}
}

// ending is how set-up ended, or that the container ends.
func (s *Server) ending() join.End {
	s.mu.Lock()
	defer s.mu.Unlock()
	return join.End{Code: s.code, Failed: s.failed}
}

// EndCommands has the commands that run end, by and by. Those that come later are
// told that the container ends.
func (s *Server) EndCommands() {
	s.mu.Lock()
	s.failed = true
	var running []*command
	for c := range s.commands {
		running = append(running, c)
	}
	grace := s.grace
	s.mu.Unlock()
	for i, last := range child.LastSignals {
		if i == 0 {
			// The engine kills everything when that time is over.
			last.Grace = max(last.Grace, grace-child.LastSignals[1].Grace-farewell)
		}
		for _, c := range running {
			if last.Signal == unix.SIGKILL {
				c.signalGroup(last.Signal)
			} else {
				c.signal(last.Signal)
			}
		}
		late := time.After(last.Grace)
		for len(running) > 0 && endsBefore(running[0], late) {
			running = running[1:]
		}
		if len(running) == 0 {
			return
		}
	}
}

func endsBefore(c *command, late <-chan time.Time) bool {
	select {
	case <-c.ended:
		return true
	case <-late:
		return false
	}
}

// begin notes a command that is about to start, unless the container ends.
func (s *Server) begin(c *command) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.failed {
		s.commands[c] = true
	}
	return !s.failed
}

func (s *Server) over(c *command) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.commands, c)
}
