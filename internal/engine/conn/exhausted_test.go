package conn

import (
	"context"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/docker/docker/client"

	"ctenv/internal/hint"
)

// TestExhausted: that this process may open no more files is not an engine that is away.
func TestExhausted(t *testing.T) {
	for errno, want := range map[syscall.Errno]string{
		syscall.EMFILE: "this process may open no more files", syscall.ECONNREFUSED: "",
	} {
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("socket", errno)}
		}}
		tellExhausted(transport)
		api, err := client.NewClientWithOpts(client.WithHost("unix:///nowhere.sock"), client.WithHTTPClient(&http.Client{Transport: transport}), client.WithVersion("1.41"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = api.ContainerInspect(context.Background(), "x")
		if err == nil {
			t.Fatal("there is an engine")
		}
		way, _ := hint.Of(err)
		if !strings.HasPrefix(way, want) || (way == "") != (want == "") {
			t.Errorf("%v: the hint is %q", errno, way)
		}
		if got := CauseText(err); want != "" && got != "there is no connection to the engine to be had: socket: too many open files" {
			t.Errorf("%v: %s", errno, got)
		}
	}
}
