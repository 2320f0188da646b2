package setup

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/join"
	"ctenv/internal/relay"
	"ctenv/internal/scratchroot"
	"ctenv/internal/wire"
)

const word = "0123456789abcdef0123456789abcdef"

// serveIn starts a server with a directory as its root, prepared, and returns what joins it.
func serveIn(t *testing.T, req wire.Request, prepare ...func(dir string)) (dial func() *join.Conn, cmd *exec.Cmd, log string) {
	t.Helper()
	dir := imageDir(t)
	if err := os.MkdirAll(dir+"/proc", 0o755); err != nil {
		t.Fatal(err)
	}
	scratchroot.Mount(t, "proc", dir+"/proc", "proc", 0)

	// The image's programs are the host's.
	for _, name := range []string{"/usr", "/bin", "/lib", "/lib64"} {
		if link, err := os.Readlink(name); err == nil {
			if err := os.Symlink(link, dir+name); err != nil {
				t.Fatal(err)
			}
		} else if _, err := os.Stat(name); err == nil {
			if err := os.MkdirAll(dir+name, 0o755); err != nil {
				t.Fatal(err)
			}
			scratchroot.Mount(t, name, dir+name, "", unix.MS_BIND)
		}
	}
	for _, do := range prepare {
		do(dir)
	}
	env, err := wire.Encode(req)
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	cmd = &exec.Cmd{Path: wire.InitPath, Args: []string{"ctenv-init"}, Dir: "/", Env: append(env, "IMAGE=a b"), Stderr: stderr,
		SysProcAttr: &syscall.SysProcAttr{Chroot: dir}}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		// A child of it holds the socket until it has executed something; the next one has its name.
		for conn, err := join.Dial(req.Serve.Socket()); err == nil; conn, err = join.Dial(req.Serve.Socket()) {
			conn.Close()
			time.Sleep(5 * time.Millisecond)
		}
	})
	return func() *join.Conn {
		conn, err := relay.Dial(req.Serve)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		f, err := conn.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if hello, err := join.DecodeHello(f.Payload); err != nil || !hello.Fits() || hello.Note != "a note" {
			t.Fatalf("it greets with %q, %v", f.Payload, err)
		}
		return conn
	}, cmd, stderr.Name()
}

// joinRequest is one for a command, with its output.
func joinRequest(text string) join.Request {
	return join.Request{Op: join.OpExec, Streams: []int{1}, Env: []wire.Text{"D=own"}, Exec: &wire.Request{
		Version: wire.Version, Mode: wire.ModeJoin, User: user, Workdir: "/repo/sub", Shell: "auto", Command: wire.Command{Kind: wire.CommandText, Text: wire.Text(text)},
	}}
}

// ask sends a request, with a pipe for each stream, and returns what comes of it.
func ask(t *testing.T, conn *join.Conn, req join.Request) (out *os.File) {
	t.Helper()
	payload, err := join.Encode(req)
	if err != nil {
		t.Fatal(err)
	}
	var files []*os.File
	if len(req.Streams) > 0 {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		t.Cleanup(func() { r.Close() })
		out, files = r, []*os.File{w}
	}
	if err := conn.Send(join.KindRequest, payload, files...); err != nil {
		t.Fatal(err)
	}
	return out
}

// ending reads to the end, and says which frames came before it.
func ending(t *testing.T, conn *join.Conn) (end join.End, kinds string) {
	t.Helper()
	for {
		f, err := conn.Receive()
		if err != nil {
			t.Fatalf("%v after %q", err, kinds)
		}
		f.Close()
		if f.Kind == join.KindEnd {
			if err := join.Decode(f.Payload, &end); err != nil {
				t.Fatal(err)
			}
			conn.Close()
			return end, kinds
		}
		kinds += string(rune(f.Kind))
	}
}

func readAll(t *testing.T, f *os.File) string {
	t.Helper()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

func serveRequest() wire.Request {
	return wire.Request{User: user, Workdir: "/repo", Shell: "auto", Mode: wire.ModeServe, Serve: &wire.Serve{Word: word, Note: "a note"}, Env: []wire.Text{"L=\xe9"}}
}

// TestServe goes from set-up to commands and the stop.
func TestServe(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	req := serveRequest()
	req.PostStart = []wire.Text{"export A=$(id -u) B=post; cd /etc; echo said first"}
	req.Setup = []wire.Text{"export B=$(id -u) C=setup; echo said last"}
	dial, serve, log := serveIn(t, req)

	// Whoever waits for set-up hears all of it.
	setup := dial()
	out := ask(t, setup, join.Request{Op: join.OpSetup, Streams: []int{2}})
	if got := readAll(t, out); got != "said first\nsaid last\n" {
		t.Errorf("set-up said %q", got)
	}
	if end, kinds := ending(t, setup); end != (join.End{}) || kinds != "" {
		t.Errorf("set-up ended with %+v after %q", end, kinds)
	}
	if got := scratchroot.Content(t, log); got != "said first\nsaid last\n" {
		t.Errorf("the log is %q", got)
	}

	for name, c := range map[string]struct {
		change func(*join.Request)
		out    string
		end    join.End
		kinds  string
	}{
		"variables and place": {func(r *join.Request) {
			r.Exec.Command.Text = `echo "$A $B $C $IMAGE $L $D, $PWD, $(id -u) $(id -un) $HOME"`
		},
			"0 4242 setup a b \xe9 own, /repo/sub, 4242 bob /home/bob\n", join.End{}, "B"},
		"its code": {func(r *join.Request) { r.Exec.Command.Text = "exit 3" }, "", join.End{Code: 3}, "B"},
		"killed":   {func(r *join.Request) { r.Exec.Command.Text = "kill -KILL $$" }, "", join.End{Code: 137}, "B"},
		"words": {func(r *join.Request) {
			r.Exec.Command, r.Args = wire.Command{Kind: wire.CommandArgv}, []wire.Text{"printf", "%s", "\xff $A"}
		}, "\xff $A", join.End{}, "B"},
		"a request among its variables": {func(r *join.Request) {
			r.Env, r.Exec.Command.Text = []wire.Text{wire.EnvName + "=x"}, `sleep 0.3; echo "${`+wire.EnvName+`-none}"`
		}, "none\n", join.End{}, "B"},
		"its groups are not the request's": {func(r *join.Request) {
			r.Exec.User.Groups, r.Exec.Command.Text = []wire.Group{{Name: "root", GID: 0}}, "id -G"
		}, "4343\n", join.End{}, "B"},
		"another uid": {func(r *join.Request) { r.Exec.User.UID = 0 }, "", join.End{Code: 125, Error: "the container was set up for uid 4242, not 0"}, ""},
		"no such thing": {func(r *join.Request) {
			r.Exec.Command, r.Args = wire.Command{Kind: wire.CommandArgv}, []wire.Text{"no-such"}
		}, "", join.End{Code: 127}, ""},
		"descriptors": {func(r *join.Request) { r.Exec.Command.Text = "ls /proc/self/fd | wc -l" }, "4\n", join.End{}, "B"},
		"a long one": {func(r *join.Request) {
			r.Exec.Command, r.Args = wire.Command{Kind: wire.CommandArgv}, []wire.Text{"sh", "-c", "echo $#"}
			for range 10 {
				r.Args = append(r.Args, wire.Text(strings.Repeat("x", 100<<10)))
			}
		}, "9\n", join.End{}, "B"},
	} {
		t.Run(name, func(t *testing.T) {
			r := joinRequest("")
			c.change(&r)
			conn := dial()
			out := ask(t, conn, r)
			if got := readAll(t, out); got != c.out {
				t.Errorf("it wrote %q, want %q", got, c.out)
			}
			if end, kinds := ending(t, conn); end != c.end || kinds != c.kinds {
				t.Errorf("it ended with %+v after %q, want %+v after %q", end, kinds, c.end, c.kinds)
			}
		})
	}

	// What is sent to it, and the client's end.
	conn := dial()
	out = ask(t, conn, joinRequest("trap 'exit 5' USR1; echo ready; while :; do sleep 0.05; done"))
	line := make([]byte, 6)
	if _, err := io.ReadFull(out, line); err != nil {
		t.Fatal(err)
	}
	if err := conn.Send(join.KindSignal, []byte{byte(unix.SIGUSR1)}); err != nil {
		t.Fatal(err)
	}
	if end, _ := ending(t, conn); end.Code != 5 {
		t.Errorf("it ended with %+v", end)
	}
	conn = dial()
	out = ask(t, conn, joinRequest("echo ready; sleep 60"))
	if _, err := io.ReadFull(out, line); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	_ = readAll(t, out) // to the end of the last who had it

	// What runs is known, and told of the stop; what nobody hears of is killed.
	var ends []*join.Conn
	for _, text := range []string{"trap 'sleep 0.1; exit 6' TERM; echo ready; while :; do sleep 0.05; done", "trap '' TERM; echo ready; while :; do sleep 0.05; done"} {
		conn := dial()
		out := ask(t, conn, joinRequest(text))
		if _, err := io.ReadFull(out, line); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, conn)
	}
	conn = dial()
	ask(t, conn, join.Request{Op: join.OpStatus})
	f, err := conn.Receive()
	if err != nil {
		t.Fatal(err)
	}
	var st join.Status
	if err := join.Decode(f.Payload, &st); err != nil || !st.Ready || len(st.Commands) != 2 {
		t.Errorf("status %+v, %v", st, err)
	}
	conn.Close()
	if err := serve.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for i, code := range []int{6, 129} {
		if end, _ := ending(t, ends[i]); end.Code != code {
			t.Errorf("command %d ended with %+v, want %d", i, end, code)
		}
	}
	_ = serve.Wait()
	if code := serve.ProcessState.ExitCode(); code != 143 {
		t.Errorf("the server ended with %d", code)
	}
}

// TestServeFails: those who wait for a set-up that fails are told.
func TestServeFails(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	req := serveRequest()
	req.PostStart = []wire.Text{"echo said; sleep 0.3; exit 3"}
	dial, serve, log := serveIn(t, req)
	setup, command := dial(), dial()
	said := ask(t, setup, join.Request{Op: join.OpSetup, Streams: []int{2}})
	out := ask(t, command, joinRequest("echo reached"))
	const want = "said\nerror: post_start_commands: command 1 of 1, \"echo said; sleep 0.3; exit 3\": exit status 3\n"
	if got := readAll(t, said); got != want {
		t.Errorf("set-up said %q, want %q", got, want)
	}
	for _, conn := range []*join.Conn{setup, command} {
		if end, kinds := ending(t, conn); end != (join.End{Code: 125, Failed: true}) || kinds != "" {
			t.Errorf("it ended with %+v after %q", end, kinds)
		}
	}
	if got := readAll(t, out); got != "" {
		t.Errorf("the command wrote %q", got)
	}
	_ = serve.Wait()
	if code := serve.ProcessState.ExitCode(); code != 125 || scratchroot.Content(t, log) != want {
		t.Errorf("the server ended with %d, its log is %q", code, scratchroot.Content(t, log))
	}
}

// TestServeStopped: a signal in the middle of set-up is said once, as what it was.
func TestServeStopped(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	for key, set := range map[string]func(*wire.Request, []wire.Text){
		"post_start_commands": func(r *wire.Request, c []wire.Text) { r.PostStart = c },
		"setup_commands":      func(r *wire.Request, c []wire.Text) { r.Setup = c },
	} {
		t.Run(key, func(t *testing.T) {
			req := serveRequest()
			set(&req, []wire.Text{"echo ready; sleep 60"})
			dial, serve, _ := serveIn(t, req)
			setup := dial()
			said := ask(t, setup, join.Request{Op: join.OpSetup, Streams: []int{2}})
			if _, err := io.ReadFull(said, make([]byte, len("ready\n"))); err != nil {
				t.Fatal(err)
			}
			if err := serve.Process.Signal(unix.SIGINT); err != nil {
				t.Fatal(err)
			}
			if got, want := readAll(t, said), "error: "+key+": stopped by signal: interrupt\n"; got != want {
				t.Errorf("it says %q, want %q", got, want)
			}
			if end, _ := ending(t, setup); end != (join.End{Code: 130, Failed: true}) {
				t.Errorf("it ended with %+v", end)
			}
		})
	}
}

// TestServeRefuses: nobody but who may is served, and nothing but pipes is taken.
func TestServeRefuses(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	dial, _, _ := serveIn(t, serveRequest())
	for name, try := range map[string]func(*join.Conn) error{
		"no request":  func(c *join.Conn) error { return c.Send(join.KindSignal, []byte{15}) },
		"no message":  func(c *join.Conn) error { return c.Send(join.KindRequest, []byte("{}{}")) },
		"a file":      func(c *join.Conn) error { return sendWith(c, "/dev/null") },
		"no streams":  func(c *join.Conn) error { return sendWith(c, "") },
		"a directory": func(c *join.Conn) error { return sendWith(c, "/") },
	} {
		conn := dial()
		if err := try(conn); err != nil {
			t.Fatal(err)
		}
		if end, kinds := ending(t, conn); end.Error == "" || end.Code != 125 || kinds != "" {
			t.Errorf("%s: %+v after %q", name, end, kinds)
		}
	}
	// Root is asked for, and not the user.
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // which ends with this
		// Of this thread alone: connect(2) notes the effective ids.
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(user.UID), uintptr(user.UID), ^uintptr(0)); errno != 0 {
			done <- errno
			return
		}
		conn, err := join.Dial((&wire.Serve{Word: word}).Socket())
		if err != nil {
			done <- err
			return
		}
		defer conn.Close()
		if f, err := conn.Receive(); err == nil {
			err = fmt.Errorf("it greets with %q", f.Payload)
			done <- err
			return
		}
		done <- nil
	}()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// sendWith sends a request with one descriptor that is no pipe, "" for none.
func sendWith(c *join.Conn, path string) error {
	payload, err := join.Encode(joinRequest("true"))
	if err != nil || path == "" {
		return c.Send(join.KindRequest, payload)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return c.Send(join.KindRequest, payload, f)
}

// TestForgedRequest: what the user's set-up commands end with becomes the environment of all that
// joins, and may have the names of a request that asks for root.
func TestForgedRequest(t *testing.T) {
	forged, err := wire.Encode(wire.Request{Version: wire.Version, Mode: wire.ModeJoin, Shell: "auto", Workdir: "/", Command: wire.Command{Kind: wire.CommandArgv}, User: wire.User{Name: "root", Group: "root", Home: "/root"}})
	if err != nil {
		t.Fatal(err)
	}
	in := &Init{self: "/x", env: append(forged, "A=1"), req: wire.Request{User: user}}
	cmd, err := in.joinedChild(join.Request{Exec: &wire.Request{Version: wire.Version, Mode: wire.ModeJoin, Workdir: "/", Command: wire.Command{Kind: wire.CommandArgv}}, Env: []wire.Text{wire.Text(forged[0]), wire.Text(forged[1])}})
	if err != nil {
		t.Fatal(err)
	}
	got, env, err := wire.Decode(cmd.Environ())
	if err != nil || got.User.UID != user.UID || !slices.Contains(env, "A=1") {
		t.Errorf("user %+v, %q, %v", got.User, env, err)
	}
}
