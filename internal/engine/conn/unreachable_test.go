package conn

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"ctenv/internal/hint"
)

// What keeps an engine from being reached is named, where it is not the engine.
func TestUnreachable(t *testing.T) {
	inside := map[string]string{"CTENV": "1", "CTENV_CONTAINER": "dev"}
	for _, tt := range []struct {
		errno syscall.Errno
		env   map[string]string
		want  string
	}{
		{syscall.ENOENT, nil, "is Docker installed and running"},
		{syscall.ENOENT, inside, `inside ctenv's container "dev"`},
		{syscall.ECONNREFUSED, inside, "is Docker installed and running"},
		{syscall.EMFILE, nil, "ulimit -n"},
		{syscall.EMFILE, inside, "ulimit -n"},
		{syscall.ENFILE, nil, "fs.file-max"},
		{syscall.EAGAIN, nil, "ulimit -u"},
	} {
		err := fmt.Errorf("dial: %w", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", tt.errno)})
		getenv := func(name string) string { return tt.env[name] }
		if way, _ := hint.Of(unreachable(context.Background(), socketEndpoint("/x.sock", DockerConfig{}), err, getenv)); !strings.Contains(way, tt.want) {
			t.Errorf("%v, %v: hint %q, want %q", tt.errno, tt.env, way, tt.want)
		}
		docker := endpoint{address: "unix:///x.sock"}
		both := noEngine(getenv, docker, &Error{Msg: "x", Err: err}, errNoPodman)
		if way, _ := hint.Of(both); tt.want != "is Docker installed and running" && !strings.Contains(way, tt.want) {
			t.Errorf("neither engine, %v, %v: hint %q, want %q", tt.errno, tt.env, way, tt.want)
		}
	}
}

// Of a podman that CONTAINER_HOST names nothing is said of docker.
func TestUnreachablePodman(t *testing.T) {
	for _, address := range []string{"unix:///nowhere.sock", "tcp://127.0.0.1:1"} {
		getenv := func(name string) string { return map[string]string{"CONTAINER_HOST": address}[name] }
		err := (&Conn{getenv: getenv}).findPodman(t.Context(), getenv, DockerConfig{})
		if way, _ := hint.Of(err); !strings.Contains(way, "CONTAINER_HOST names it") || strings.Contains(strings.ToLower(way), "docker") {
			t.Errorf("%v: hint %q", err, way)
		}
	}
}
