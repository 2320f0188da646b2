package conn

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docker/cli/cli/connhelper/commandconn"
)

// A socket in a runtime directory where somebody else can put one is no engine of the
// caller's.
func TestSocketOfOthers(t *testing.T) {
	for name, tt := range map[string]struct {
		mode  os.FileMode
		uid   int
		found bool
	}{
		"the caller's alone":           {0o700, os.Getuid(), true},
		"readable by others":           {0o755, os.Getuid(), true},
		"writable by a group":          {0o770, os.Getuid(), false},
		"writable by all":              {0o777, os.Getuid(), false},
		"sticky, so anybody may begin": {0o777 | os.ModeSticky, os.Getuid(), false},
		"of another user":              {0o700, 4242, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "ctenv-find-") // a socket's path is short
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(dir)
			l, err := net.Listen("unix", filepath.Join(dir, "docker.sock"))
			if err != nil {
				t.Fatal(err)
			}
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Api-Version", "1.41") })}
			go server.Serve(l)
			defer server.Close()
			if tt.uid != os.Getuid() && os.Chown(dir, tt.uid, -1) != nil {
				t.Skip("only root gives a directory away")
			}
			if err := os.Chmod(dir, tt.mode); err != nil {
				t.Fatal(err)
			}
			getenv := func(name string) string { return map[string]string{"XDG_RUNTIME_DIR": dir}[name] }
			c := &Conn{getenv: getenv}
			err = c.findDocker(context.Background(), getenv, socketEndpoint(filepath.Join(dir, "missing"), DockerConfig{}))
			if (err == nil) != tt.found {
				t.Errorf("found: %v, %v", err == nil, err)
			}
		})
	}
}

// endedConn is ssh that has ended before anything was written to it.
type endedConn struct {
	net.Conn
	said []byte // before its end
}

func (c *endedConn) Write([]byte) (int, error) { return 0, syscall.EPIPE }
func (c *endedConn) CloseWrite() error         { return nil }

func (c *endedConn) Read(p []byte) (int, error) {
	if n := copy(p, c.said); n > 0 {
		c.said = c.said[n:]
		return n, nil
	}
	time.Sleep(50 * time.Millisecond) // its words come with its end, which is waited for
	return 0, errors.New("it has exited: stderr=ssh: Connection refused")
}

// TestSSHEnds: why ssh has ended is told, however early that was.
func TestSSHEnds(t *testing.T) {
	us, _ := net.Pipe()
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return &endedConn{Conn: us}, nil }}
	hearSSH(transport)
	raw, err := newRawAPI("http://ssh.example", transport, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := raw.ping(context.Background()); err == nil || !strings.HasSuffix(err.Error(), "ssh: Connection refused") {
		t.Errorf("a ping fails with %v", err)
	}

	// What it does not take after an answer is an error.
	c := &sshConn{halfConn: &endedConn{Conn: us, said: []byte("x")}}
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Write([]byte("y")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("it wrote %d, %v", n, err)
	}
}

// TestSSHReset: the docker at the other end of ssh fails where its engine resets a connection, which
// is no failure of ssh's.
func TestSSHReset(t *testing.T) {
	for script, reset := range map[string]bool{"echo x; exit 1": true, "exit 1": false, "echo x; exit 255": false, "echo x; kill -9 $$": false, "echo x": false} {
		half, err := commandconn.New(context.Background(), "sh", "-c", script)
		if err != nil {
			t.Fatal(err)
		}
		c := &sshConn{halfConn: half.(halfConn)}
		_, err = io.ReadAll(c)
		if errors.Is(err, syscall.ECONNRESET) != reset {
			t.Errorf("%q: %v", script, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}
