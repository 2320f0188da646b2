package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cerrdefs "github.com/containerd/errdefs"

	"ctenv/internal/engine/conn"
	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/plan"
	"ctenv/internal/runargs"
)

func TestStartError(t *testing.T) {
	const layers = "Error response from daemon: failed to create shim task: OCI runtime create failed: " +
		"runc create failed: unable to start container process: "
	for _, c := range []struct{ from, msg, hint string }{
		{
			layers + `exec: "/.ctenv/ctenv-init": permission denied: unknown`,
			`the container of "busybox" does not start: exec: "/.ctenv/ctenv-init": permission denied`, "",
		},
		{
			layers + "error during container init: error mounting \"/a\": not a directory: unknown: Are you trying …",
			`a file is mounted on a directory, or a directory on a file: error mounting "/a": not a directory`, "",
		},
		{
			"Error response from daemon: driver failed: Bind for 0.0.0.0:80 failed: port is already allocated",
			"a port of the host is taken: driver failed: Bind for 0.0.0.0:80 failed: port is already allocated", "docker ps",
		},
		{
			"Error response from daemon: error gathering device information while adding custom device \"/dev/x\": no such file",
			"a device does not exist on the engine's machine: error gathering", "--device",
		},
		{
			layers + `exec /.ctenv/ctenv-init: exec format error: unknown`,
			"the image's programs, or ctenv-init, are for another processor than the engine's: exec /.ctenv/ctenv-init", "ctenv for the engine's architecture",
		},
		{"two\n  lines", `the container of "busybox" does not start: two lines`, ""},
	} {
		cause := errors.New(c.from)
		err := (&Engine{Conn: &conn.Conn{}}).StartError(cause, plan.Plan{Image: "busybox"})
		if !strings.HasPrefix(err.Error(), c.msg) {
			t.Errorf("got  %s\nwant %s", err, c.msg)
		}
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%s: hint %q, want something about %q", err, e.Hint, c.hint)
		}
		if !errors.Is(err, cause) {
			t.Errorf("%s: the cause is lost", err)
		}
	}
}

func TestStartErrorOfMissingPeer(t *testing.T) {
	cause := fmt.Errorf("No such container: x: %w", cerrdefs.ErrNotFound)
	err := (&Engine{Conn: &conn.Conn{}}).StartError(cause, plan.Plan{Network: "container:x"})
	if want := `network "container:x" names a container that does not exist`; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestConnectionLost(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"end of file":       {io.EOF, true},
		"cut off":           {fmt.Errorf("reading: %w", io.ErrUnexpectedEOF), true},
		"reset":             {&url.Error{Op: "Post", Err: &net.OpError{Op: "read", Err: errors.New("reset")}}, true},
		"answer":            {errors.New("Error response from daemon: no"), false},
		"answer of a class": {fmt.Errorf("no: %w", cerrdefs.ErrNotFound), false},
	} {
		if got := ConnectionLost(c.err); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestMissingSource(t *testing.T) {
	here := t.TempDir()
	e := connect(t, fakeengine.New(nil))
	text := "invalid mount config for type \"bind\": bind source path does not exist: "
	for name, c := range map[string]struct{ source, want string }{
		"missing":       {filepath.Join(here, "no"), `no" does not exist`},
		"only up there": {here, "does not see"},
	} {
		for from, p := range map[string]plan.Plan{
			"volumes":  {Mounts: []plan.Mount{{Type: plan.MountBind, Source: c.source, Target: "/x"}}},
			"run_args": {RunArgs: []runargs.Arg{{Name: "mount", Value: "type=bind,source=" + c.source + ",target=/x"}}},
		} {
			err := e.createError(errors.New(text+c.source), p)
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, of %s: got %q, want something about %q", name, from, err, c.want)
			}
		}
	}
}

func TestNoEngine(t *testing.T) {
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused.Close()
	socket := "unix://" + filepath.Join(t.TempDir(), "no.sock")
	for address, want := range map[string][2]string{
		socket:                             {"no container engine answers at " + socket + ": connect: no such file or directory", "systemctl status docker"},
		"tcp://" + refused.Addr().String(): {"connect: connection refused", "DOCKER_HOST"},
	} {
		t.Setenv("DOCKER_HOST", address)
		_, err := Connect(context.Background(), Options{Getenv: os.Getenv})
		var got *Error
		if !errors.As(err, &got) || !strings.Contains(got.Error(), want[0]) || !strings.Contains(got.Hint, want[1]) {
			t.Errorf("%s: got %v with hint %q, want %q", address, err, got.Hint, want)
		}
	}
}

func TestBadAddress(t *testing.T) {
	t.Setenv("DOCKER_HOST", "nonsense://x")
	_, err := Connect(context.Background(), Options{Getenv: os.Getenv})
	if err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("got %v, want an error that names the address", err)
	}
}

// connect returns an Engine whose other end is h; the ping is answered already.
func connect(t *testing.T, h http.Handler) *Engine {
	t.Helper()
	fakeengine.Serve(t, h)
	e, err := Connect(context.Background(), Options{Getenv: os.Getenv})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}
