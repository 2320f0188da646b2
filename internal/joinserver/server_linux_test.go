package joinserver

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"ctenv/internal/join"
	"ctenv/internal/wire"
)

// TestAcceptOfOthers: who is not the user that a socket is for gets no word out of it,
// be the socket within reach or not.
func TestAcceptOfOthers(t *testing.T) {
	me := os.Getuid()
	for served, uid := range []int{me + 1, me} {
		name := fmt.Sprintf("@ctenv-joinserver-test-%d-%d", os.Getpid(), uid)
		listener, err := join.Listen(name)
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		s := New(Config{UID: me}, nil)
		go s.Accept(listener, uid, nil)
		conn, err := join.Dial(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := conn.Receive()
		switch {
		case served == 0 && err != io.EOF:
			t.Errorf("a socket for uid %d tells uid %d %q, error %v", uid, me, f.Payload, err)
		case served == 1 && (err != nil || f.Kind != join.KindHello):
			t.Errorf("a socket for uid %d tells uid %d %q, error %v", uid, me, f.Payload, err)
		}
		conn.Close()
	}
}

// TestAcceptOfOtherContainers: root of another container has the same uid as a relay, can see the socket's name
// and maybe the same processes. It has another word.
func TestAcceptOfOtherContainers(t *testing.T) {
	theirs := &wire.Serve{Word: fmt.Sprintf("%032x", os.Getpid())}
	listener, err := join.Listen(theirs.Socket())
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := New(Config{UID: os.Getuid()}, nil)
	go s.Accept(listener, os.Getuid(), theirs)
	name := strings.TrimPrefix(theirs.Socket(), "@ctenv-")
	for proof, served := range map[string]bool{theirs.RelayProof(): true, theirs.ServerProof(): false, name: false, theirs.File(): false, (&wire.Serve{Word: name}).RelayProof(): false} {
		conn, err := join.Dial(theirs.Socket())
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Show(proof); err != nil {
			t.Fatal(err)
		}
		// Who is not believed may be gone already.
		if request, err := join.Encode(join.Request{Op: join.OpStatus}); err != nil || conn.Send(join.KindRequest, request) != nil && served {
			t.Fatalf("%q: %v", proof, err)
		}
		switch err := conn.Shown(theirs.ServerProof()); {
		case !served && err == nil:
			t.Errorf("with %q it is served", proof)
		case served && err != nil:
			t.Errorf("with the word: %v", err)
		case served:
			if f, err := conn.Receive(); err != nil || f.Kind != join.KindHello {
				t.Errorf("it tells %q, %v", f.Payload, err)
			}
		}
		conn.Close()
	}
}

// TestLateFrames: what a client says after its command's end holds nothing of it.
func TestLateFrames(t *testing.T) {
	name := fmt.Sprintf("@ctenv-joinserver-late-%d", os.Getpid())
	listener, err := join.Listen(name)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := New(Config{UID: os.Getuid()}, nil)
	go s.Accept(listener, os.Getuid(), nil)
	conn, err := join.Dial(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Receive(); err != nil {
		t.Fatal(err)
	}
	request, err := join.Encode(join.Request{Op: join.OpStatus})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Send(join.KindRequest, request); err != nil {
		t.Fatal(err)
	}
	if f, err := conn.Receive(); err != nil || f.Kind != join.KindAnswer {
		t.Fatal(f, err)
	}
	for range 3 {
		if err := conn.Send(join.KindSignal, []byte{15}); err != nil {
			t.Fatal(err)
		}
	}
	conn.Close()
	for late := time.Now().Add(time.Minute); s.count(0) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("the client has gone, and is still served")
		}
	}
}

// TestDetachedGivenUp: a detached command whose client goes before it has started ends, and one
// that has started goes on, unless its client has sent it a signal and does not say that it leaves.
func TestDetachedGivenUp(t *testing.T) {
	// The last cleans up for longer than a command may take that is to be killed.
	const cleansUp = `(trap 'sleep 2.5; : >clean; exit' HUP; : >ready; while :; do sleep 0.02; done) 3>&- & exec sleep 1000`
	const begins = "exec 3>&-; " // as the exec of a command closes wire.ReportFD
	const deaf = begins + "trap '' INT USR1; : >ready; while :; do sleep 0.02; done"
	for name, c := range map[string]struct {
		script  string
		signal  syscall.Signal // that its client sends, 0 for none
		leaves  bool           // it says that it leaves
		runs    bool           // after its client
		cleaned bool           // by what it started
	}{
		"before":                   {script: cleansUp, cleaned: true},
		"after":                    {script: begins + ": >ready; exec sleep 1000", runs: true},
		"after a signal":           {script: deaf, signal: syscall.SIGINT},
		"after one, and it leaves": {script: deaf, signal: syscall.SIGUSR1, leaves: true, runs: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			conn, s, child := detached(t, dir, c.script)
			if strings.HasPrefix(c.script, begins) {
				if f, err := conn.Receive(); err != nil || f.Kind != join.KindBegun {
					t.Fatalf("got %q, %q, %v", f.Kind, f.Payload, err)
				}
			}
			until(func() bool { return isThere(dir + "/ready") })
			if c.signal != 0 {
				if err := conn.Send(join.KindSignal, []byte{byte(c.signal)}); err != nil {
					t.Fatal(err)
				}
			}
			if c.leaves {
				if err := conn.Send(join.KindLeave, nil); err != nil {
					t.Fatal(err)
				}
			}
			conn.Close()
			until(func() bool { return s.count(0) == 0 })
			if running := len(s.status().Commands) > 0; running != c.runs || s.count(0) > 0 {
				t.Errorf("it runs: %v, for %d clients", running, s.count(0))
			}
			if s.status().Commands != nil {
				_ = child.Process.Kill()
			}
			if c.cleaned && !until(func() bool { return isThere(dir + "/clean") }) {
				t.Error("what it started was killed")
			}
		})
	}
}

// detached asks a server for a detached command, a script in dir.
func detached(t *testing.T, dir, script string) (*join.Conn, *Server, *exec.Cmd) {
	t.Helper()
	address := fmt.Sprintf("@ctenv-joinserver-detached-%d-%s", os.Getpid(), t.Name())
	listener, err := join.Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	children := make(chan *exec.Cmd, 1)
	s := New(Config{UID: os.Getuid(), Child: func(join.Request) (*exec.Cmd, error) {
		cmd := exec.Command("sh", "-c", script)
		cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Setsid: true}
		children <- cmd
		return cmd, nil
	}}, nil)
	close(s.set)
	go s.Accept(listener, os.Getuid(), nil)
	conn, err := join.Dial(address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Receive(); err != nil {
		t.Fatal(err)
	}
	request, err := join.Encode(join.Request{Op: join.OpExec, Detach: true, Args: []wire.Text{"sleep"}, Exec: &wire.Request{
		Version: wire.Version, Mode: wire.ModeJoin, User: wire.User{Name: "dev", Group: "dev", UID: os.Getuid(), Home: "/"}, Workdir: "/", Shell: "auto", Command: wire.Command{Kind: wire.CommandArgv},
	}})
	if err == nil {
		err = conn.Send(join.KindRequest, request)
	}
	if err != nil {
		t.Fatal(err)
	}
	select {
	case child := <-children:
		return conn, s, child
	case <-time.After(10 * time.Second):
		t.Fatal("the request was refused")
		return nil, nil, nil
	}
}

// until waits for something, and says whether it came.
func until(is func() bool) bool {
	for late := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			return false
		}
	}
	return true
}

func isThere(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
