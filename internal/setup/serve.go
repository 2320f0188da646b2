//go:build linux

package setup

import (
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"ctenv/internal/child"
	"ctenv/internal/hint"
	"ctenv/internal/join"
	"ctenv/internal/joinserver"
	"ctenv/internal/mounts"
	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// serve is a container that stays: it sets the container up, and runs the commands of those
// who join until a signal ends it.
func (in *Init) serve() error {
	said, err := joinserver.Capture()
	if err != nil {
		return &stepError{"serve", err}
	}
	s := joinserver.New(joinserver.Config{UID: in.req.User.UID, Note: in.req.Serve.Note, Msg: in.msg, Child: in.joinedChild, Spare: in.spare}, said)
	if in.listener != nil {
		// As this user, who made it, and nobody in the container can reach it.
		go s.Accept(in.listener, in.req.User.UID, nil)
	}
	// In the container's network, which others may share, anybody can connect to this one:
	// root of this container alone is served, which has the word.
	if relays, err := join.Listen(in.req.Serve.Socket()); err == nil {
		go s.Accept(relays, 0, in.req.Serve)
	} else {
		in.msg.Detail("no relay can join: %v", err)
	}
	if err := in.steps(append(in.asRoot(), step{"setup_commands", in.userSetup}), func() error { return nil }); err != nil {
		// Said once; those who wait are told that it has failed.
		report(in.msg, err)
		code := ExitCode(err)
		s.SetUp(code)
		s.AwaitClients()
		return hint.Status(code)
	}
	stops := make(chan os.Signal, 1)
	signal.Notify(stops, unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT)
	s.SetUp(0)
	sig := (<-stops).(syscall.Signal)
	s.EndCommands()
	s.AwaitClients()
	return &child.SignalError{Signal: sig}
}

// spare is this program as a child that waits to become a command.
func (in *Init) spare() *exec.Cmd {
	request, _ := wire.Encode(wire.Request{Mode: wire.ModeSpare})
	return in.child(append([]string{}, request...)) // of none at all os/exec makes this process's own
}

// Request is what ctenv-init is started with, or, where it is such a child, what it becomes:
// the request, the arguments and the other variables. A child of a server that has gone gets
// io.EOF.
func Request(args, environ []string) (req wire.Request, words, env []string, err error) {
	req, env, err = wire.Decode(environ)
	if err != nil || req.Mode != wire.ModeSpare {
		return req, args, env, err
	}
	closeOthers()
	if args, env, err = joinserver.AwaitOrder(); err == nil {
		req, env, err = wire.Decode(env)
	}
	if err != nil && err != io.EOF {
		_ = saferoot.WriteFD(wire.ReportFD, []byte(err.Error()))
	}
	return req, args, env, err
}

// child is this program in a session of its own.
func (in *Init) child(env []string) *exec.Cmd {
	return &exec.Cmd{Path: in.again, Args: []string{"ctenv-init"}, Dir: "/", Env: env, SysProcAttr: &syscall.SysProcAttr{Setsid: true}}
}

// joinedChild is this program as the child that becomes the command. Account, groups and
// shell are those of the set-up: what runs here as root believes nothing that a
// client says of its user.
func (in *Init) joinedChild(req join.Request) (*exec.Cmd, error) {
	r := in.req.JoinedBy(*req.Exec)
	r.Binds, r.Limits = mounts.Still(in.req.Binds, r.Binds), in.textLimits
	if in.textUmask {
		r.Umask = wire.UmaskText(in.umask)
	}
	request, err := wire.Encode(r)
	if err != nil {
		return nil, err
	}
	env := in.env
	if req.TTY {
		env = nameTerminal(env, string(r.Term), string(r.ColorTerm))
	}
	for _, kv := range req.Env {
		name, value, _ := strings.Cut(string(kv), "=")
		env = env.With(name, value)
	}
	cmd := in.child(requestLast(env, request))
	for _, arg := range req.Args {
		cmd.Args = append(cmd.Args, string(arg))
	}
	return cmd, nil
}

// joined becomes the command in a child of the server.
func (in *Init) joined() error {
	in.sizeTerminal()
	in.textLimits = in.req.Limits
	err := in.steps([]step{{"mounts", func() (string, error) { return "", mounts.CheckJoined(&in.req) }}, {"worktrees", in.worktrees}, {"workdir", in.workdir}, {"privileges", in.drop}}, in.become)
	_ = saferoot.WriteFD(wire.ReportFD, []byte(err.Error()))
	return err
}
