package engine

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"testing"

	"ctenv/internal/engine/conn"
	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/testfiles"
)

// TestProxies: docker's are those for this engine, else the default ones, each in both
// spellings; podman's are the caller's variables as they are.
func TestProxies(t *testing.T) {
	for file, want := range map[string][]string{
		`{"proxies": {"default": {"httpProxy": "http://d"}, %q: {"noProxy": "one"}}}`:  {"NO_PROXY=one", "no_proxy=one"},
		`{"proxies": {"default": {"httpProxy": "http://d"}, "tcp://other:1%.0s": {}}}`: {"HTTP_PROXY=http://d", "http_proxy=http://d"},
		`{"proxies": {"default%.0s": {"allProxy": "socks5://a", "ftpProxy": ""}}}`:     {"ALL_PROXY=socks5://a", "all_proxy=socks5://a"},
		`{"auths%.0s": {}}`: nil,
		`{%.0s`:             nil, // said by whoever needs it
	} {
		fakeengine.Serve(t, http.NotFoundHandler())
		dir := t.TempDir()
		testfiles.Put(t, dir, map[string]string{"config.json": fmt.Sprintf(file, os.Getenv("DOCKER_HOST"))})
		t.Setenv("DOCKER_CONFIG", dir)
		e, err := Connect(context.Background(), Options{Getenv: os.Getenv})
		if err != nil {
			t.Fatal(err)
		}
		if got := e.proxies(); !slices.Equal(got, want) {
			t.Errorf("%s: %q", file, got)
		}
		e.Close()
	}
	env := map[string]string{"https_proxy": "http://p", "HTTPS_PROXY": "http://P", "no_proxy": "a", "ALL_PROXY": "socks5://a", "ftp_proxy": ""}
	podman := &Engine{Conn: &conn.Conn{Podman: true}, options: Options{Getenv: func(name string) string { return env[name] }}}
	if got, want := podman.proxies(), []string{"https_proxy=http://p", "HTTPS_PROXY=http://P", "no_proxy=a"}; !slices.Equal(got, want) {
		t.Errorf("podman: %q", got)
	}
}
