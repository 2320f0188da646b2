package engine

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/plan"
	"ctenv/internal/runargs"
	"ctenv/internal/wire"
)

// directPlan is a plan of which newDirect makes pipes, with its folder.
func directPlan(t *testing.T) (plan.Plan, string) {
	dir := t.TempDir()
	return plan.Plan{
		Image: "busybox", Name: "box", OpenStdin: true, Request: request(),
		Mounts: []plan.Mount{{Type: plan.MountBind, Source: filepath.Join(dir, "ctenv-init"), Target: wire.InitPath}},
	}, dir
}

// take does what ctenv-init does: it fetches the pipes, once there is their socket.
func take(t *testing.T, dir string) map[byte]*os.File {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		sockets, _ := filepath.Glob(filepath.Join(dir, "streams-*", socketName))
		if len(sockets) == 0 {
			continue
		}
		conn, err := net.Dial("unix", sockets[0])
		if err != nil {
			continue // not listening yet
		}
		defer conn.Close()
		targets, rights := make([]byte, 4), make([]byte, unix.CmsgSpace(16))
		n, oobn, _, _, err := conn.(*net.UnixConn).ReadMsgUnix(targets, rights)
		if err != nil {
			t.Error(err)
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
		return ends
	}
	t.Error("there is no socket to connect to")
	return nil
}

func TestDirect(t *testing.T) {
	for name, file := range map[string]bool{"each a file": false, "one file for both": true} {
		t.Run(name, func(t *testing.T) {
			e := connect(t, newFake(nil))
			p, dir := directPlan(t)
			s := streams(t, "a\x00b")
			if file {
				s.Err = s.Out
			}
			go func() {
				ends := take(t, dir)
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
			code, err := e.Run(context.Background(), p, s.Streams)
			if code != 3 || err != nil {
				t.Errorf("got %d, %v, want 3", code, err)
			}
			// What the engine itself has to say comes by its own streams.
			out, errOut := read(t, s.out), read(t, s.err)
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

// TestDirectNotTaken: where nobody comes for the pipes, everything goes by the engine.
func TestDirectNotTaken(t *testing.T) {
	e := connect(t, newFake(nil))
	p, dir := directPlan(t)
	s := streams(t, "a\x00b")
	code, err := e.Run(context.Background(), p, s.Streams)
	if code != 3 || err != nil {
		t.Errorf("got %d, %v, want 3", code, err)
	}
	if out, errOut := read(t, s.out), read(t, s.err); out != "a\x00b" || errOut != "oops" {
		t.Errorf("stdout %q, stderr %q", out, errOut)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("%q is left", left)
	}
}

// TestDirectNot: some runs' streams are the engine's from the start.
func TestDirectNot(t *testing.T) {
	for name, change := range map[string]func(*plan.Plan){
		"terminal": func(p *plan.Plan) { p.TTY = true },
		"detached": func(p *plan.Plan) { p.Detach = true },
		"logged":   func(p *plan.Plan) { p.RunArgs = []runargs.Arg{{Name: "log-driver", Value: "json-file"}} },
		"no init":  func(p *plan.Plan) { p.Mounts = nil },
	} {
		p, dir := directPlan(t)
		change(&p)
		if newDirect(p, streams(t, "").Streams) != nil {
			t.Errorf("%s: there are pipes", name)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
			t.Errorf("%s: %q is left", name, left)
		}
	}
}

// TestDirectFails: a container that does not start leaves nothing of the pipes.
func TestDirectFails(t *testing.T) {
	e := connect(t, newFake(map[string][]answer{"POST /containers/create": {{500, `{"message": "no"}`}}}))
	p, dir := directPlan(t)
	if code, err := e.Run(context.Background(), p, streams(t, "").Streams); err == nil {
		t.Errorf("got %d, want an error", code)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("%q is left", left)
	}
}
