package process

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/engine"
	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/handover"
	"ctenv/internal/plan"
	"ctenv/internal/runargs"
	"ctenv/internal/wire"
)

const testAsk = "0123456789abcdef0123456789abcdef"

// directPlan is a plan of which newDirect makes pipes for who asks by testAsk, with its
// directory.
func directPlan(t *testing.T) (plan.Plan, string) {
	t.Helper()
	before := handover.NewWord
	handover.NewWord = func() string { return testAsk }
	t.Cleanup(func() { handover.NewWord = before })
	dir := t.TempDir()
	return plan.Plan{
		Image: "busybox", Name: "box", OpenStdin: true, Request: fakeengine.Request(),
		Mounts:    []plan.Mount{{Type: plan.MountBind, Source: filepath.Join(dir, "ctenv-init"), Target: wire.InitPath}},
		SocketDir: dir,
	}, dir
}

// take does what ctenv-init does: it asks for the pipes, once there is their socket, and
// answers. It returns what it got, nil for nothing.
func take(t *testing.T, dir, ask string, answer byte) map[byte]*os.File {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		sockets, _ := filepath.Glob(filepath.Join(dir, "*", "socket"))
		if len(sockets) == 0 {
			continue
		}
		conn, err := net.Dial("unix", sockets[0])
		if err != nil {
			continue // not listening yet
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, ask); err != nil {
			t.Error(err)
		}
		targets, rights := make([]byte, 4), make([]byte, unix.CmsgSpace(16))
		n, oobn, _, _, err := conn.(*net.UnixConn).ReadMsgUnix(targets, rights)
		if err != nil || n == 0 {
			return nil
		}
		messages, err := unix.ParseSocketControlMessage(rights[:oobn])
		if err != nil || len(messages) != 1 {
			t.Error(messages, err)
			return nil
		}
		fds, err := unix.ParseUnixRights(&messages[0])
		if err != nil || len(fds) != n {
			t.Error(fds, err)
			return nil
		}
		ends := map[byte]*os.File{}
		for i, target := range targets[:n] {
			ends[target] = os.NewFile(uintptr(fds[i]), "|")
		}
		if _, err := conn.Write([]byte{answer}); err != nil {
			t.Error(err)
		}
		return ends
	}
	t.Error("there is no socket to connect to")
	return nil
}

func TestDirect(t *testing.T) {
	for name, file := range map[string]bool{"each a file": false, "one file for both": true} {
		t.Run(name, func(t *testing.T) {
			f := fakeengine.New(nil)
			f.Taken = true
			e := connect(t, f)
			p, dir := directPlan(t)
			s := fakeengine.Streams(t, "a\x00b")
			if file {
				s.Err = s.Out
			}
			go func() {
				if ends := take(t, dir, strings.ToUpper(testAsk), wire.StreamsTaken); ends != nil {
					t.Error("somebody else got the pipes")
				}
				ends := take(t, dir, testAsk, wire.StreamsTaken)
				in, err := io.ReadAll(ends[0])
				if err != nil {
					t.Error(err)
				}
				one, _ := ends[1].Stat()
				if two, _ := ends[2].Stat(); os.SameFile(one, two) != file {
					t.Errorf("one pipe for both outputs: %v", !file)
				}
				for range 500 {
					io.WriteString(ends[1], string(in)+"\n")
					io.WriteString(ends[2], "err\n")
				}
				for _, end := range ends {
					end.Close()
				}
			}()
			code, err := Run(context.Background(), e, p, s.Streams)
			if code != 3 || err != nil {
				t.Errorf("got %d, %v, want 3", code, err)
			}
			// What the engine itself has to say comes by its own streams.
			out, errOut := fakeengine.Read(t, s.OutFile), fakeengine.Read(t, s.ErrFile)
			if file {
				if want := strings.Repeat("a\x00b\nerr\n", 500); strings.Replace(out, "oops", "", 1) != want {
					t.Errorf("%d bytes of output, not %d in their order", len(out), len(want))
				}
			} else if out != strings.Repeat("a\x00b\n", 500) || strings.Replace(errOut, "oops", "", 1) != strings.Repeat("err\n", 500) {
				t.Errorf("stdout %.20q…, stderr %.20q…", out, errOut)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
				t.Errorf("%q is left", left)
			}
		})
	}
}

// TestDirectNotTaken: where nobody comes for the pipes, or does not want them, and where
// the engine does not see their socket, everything goes by the engine.
func TestDirectNotTaken(t *testing.T) {
	for name, c := range map[string]struct{ come, unseen bool }{
		"nobody comes":   {},
		"they do not do": {come: true},
		"unseen":         {unseen: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := fakeengine.New(nil)
			e := connect(t, &blind{Fake: f, blind: c.unseen})
			p, dir := directPlan(t)
			s := fakeengine.Streams(t, "a\x00b")
			if c.come {
				go take(t, dir, testAsk, 0)
			}
			code, err := Run(context.Background(), e, p, s.Streams)
			if code != 3 || err != nil {
				t.Errorf("got %d, %v, want 3", code, err)
			}
			if out, errOut := fakeengine.Read(t, s.OutFile), fakeengine.Read(t, s.ErrFile); out != "a\x00b" || errOut != "oops" {
				t.Errorf("stdout %q, stderr %q", out, errOut)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
				t.Errorf("%q is left", left)
			}
		})
	}
}

// TestDirectHeld: a pipe that somebody outside holds on to does not hold the run, nor
// does it lose what comes late.
func TestDirectHeld(t *testing.T) {
	e := connect(t, fakeengine.New(nil))
	p, dir := directPlan(t)
	s := fakeengine.Streams(t, "")
	held := make(chan map[byte]*os.File, 1)
	go func() {
		ends := take(t, dir, testAsk, wire.StreamsTaken)
		time.Sleep(engine.LostGrace / 2)
		io.WriteString(ends[1], "late")
		held <- ends
	}()
	code, err := Run(context.Background(), e, p, s.Streams)
	if code != 3 || err != nil {
		t.Errorf("got %d, %v, want 3", code, err)
	}
	if out := fakeengine.Read(t, s.OutFile); out != "late" {
		t.Errorf("stdout %q", out)
	}
	for _, end := range <-held {
		end.Close()
	}
}

// TestDirectReaderStops: somebody who has stopped to read gets all that a command has
// written when he goes on; a signal ends the wait for him.
func TestDirectReaderStops(t *testing.T) {
	const size = 100 << 10 // bytes: more than one pipe holds, less than two
	for name, goesOn := range map[string]bool{"for a while": true, "for good": false} {
		t.Run(name, func(t *testing.T) {
			f := fakeengine.New(nil)
			e := connect(t, f)
			p, dir := directPlan(t)
			s := fakeengine.Streams(t, "")
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			s.Out = w
			go func() {
				ends := take(t, dir, testAsk, wire.StreamsTaken)
				ends[1].Write(make([]byte, size))
				for _, end := range ends {
					end.Close()
				}
			}()
			done := fakeengine.Go(func() (int, error) { return Run(context.Background(), e, p, s.Streams) })
			f.Await(t, "POST /containers/"+fakeengine.ID+"/start", 1)
			time.Sleep(2 * engine.LostGrace)
			if !goesOn {
				fakeengine.Interrupt(t, syscall.SIGINT)
				fakeengine.Ends(t, done, 130)
				if len(s.Lines) > 0 {
					t.Errorf("said %q", s.Lines)
				}
				return
			}
			got := make(chan int)
			go func() {
				all, _ := io.ReadAll(r)
				got <- len(all)
			}()
			fakeengine.Ends(t, done, 3)
			w.Close()
			if n := <-got; n != size {
				t.Errorf("%d bytes, not %d", n, size)
			}
		})
	}
}

// TestDirectNotTakenReaderStops: what came by the engine, since nobody took the pipes, waits
// for its reader as the pipes do.
func TestDirectNotTakenReaderStops(t *testing.T) {
	const size = 200 << 10 // bytes: more than a pipe holds
	e := connect(t, fakeengine.New(nil))
	p, _ := directPlan(t)
	s := fakeengine.Streams(t, strings.Repeat("x", size))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s.Out = w
	got := make(chan int)
	go func() {
		time.Sleep(handover.Grace + 2*engine.LostGrace)
		all, _ := io.ReadAll(r)
		got <- len(all)
	}()
	code, err := Run(context.Background(), e, p, s.Streams)
	w.Close()
	if n := <-got; code != 3 || err != nil || n != size {
		t.Errorf("got %d, %v and %d bytes of %d", code, err, n, size)
	}
}

// TestDirectSharedFile: what others write to the caller's file meanwhile stays.
func TestDirectSharedFile(t *testing.T) {
	e := connect(t, fakeengine.New(nil))
	p, dir := directPlan(t)
	s := fakeengine.Streams(t, "")
	go func() {
		ends := take(t, dir, testAsk, wire.StreamsTaken)
		time.Sleep(100 * time.Millisecond)
		s.Out.WriteString("somebody else's line\n")
		io.WriteString(ends[1], "ours\n")
		for _, end := range ends {
			end.Close()
		}
	}()
	if _, err := Run(context.Background(), e, p, s.Streams); err != nil {
		t.Error(err)
	}
	if out, want := fakeengine.Read(t, s.OutFile), "somebody else's line\nours\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
}

// TestDirectNot: some runs' streams are the engine's from the start.
func TestDirectNot(t *testing.T) {
	for name, change := range map[string]func(*plan.Plan){
		"terminal": func(p *plan.Plan) { p.TTY = true },
		"detached": func(p *plan.Plan) { p.Detach = true },
		"logged":   func(p *plan.Plan) { p.RunArgs = []runargs.Arg{{Name: "log-driver", Value: "json-file"}} },
		"no place": func(p *plan.Plan) { p.SocketDir = "" },
	} {
		p, dir := directPlan(t)
		change(&p)
		if newDirect(p, fakeengine.Streams(t, "").Streams) != nil {
			t.Errorf("%s: there are pipes", name)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
			t.Errorf("%s: %q is left", name, left)
		}
	}
}

// TestDirectFails: a container that does not start leaves nothing of the pipes.
func TestDirectFails(t *testing.T) {
	e := connect(t, fakeengine.New(map[string][]fakeengine.Answer{"POST /containers/create": {{Status: 500, Body: `{"message": "no"}`}}}))
	p, dir := directPlan(t)
	if code, err := Run(context.Background(), e, p, fakeengine.Streams(t, "").Streams); err == nil {
		t.Errorf("got %d, want an error", code)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("%q is left", left)
	}
}
