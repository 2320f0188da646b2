//go:build linux

package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// The only user of a private registry, and what `htpasswd -nbB` makes of it.
const (
	registryUser     = "alice"
	registryPassword = "open sesame"
	registryHash     = "$2a$05$taropFJSbdhydizpHactXOaocscjOa6XUg3W8jSbXDX/GNY8jmbLq"
)

const registryConfig = `
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: %[1]s/data}}
http: {addr: %[2]s}
`

const registryAuth = `
auth: {htpasswd: {realm: ctenv-test, path: %[1]s/htpasswd}}
`

// cmdRegistry: registry [private] starts a registry on loopback, of which
// $REGISTRY is the address. A private one wants a password.
func cmdRegistry(ts *testscript.TestScript, args []string) {
	private := len(args) == 1
	dir := ts.MkAbs("registry")
	ts.Check(os.Mkdir(dir, 0o755))
	address := freeAddress(ts)
	config := fmt.Sprintf(registryConfig, dir, address)
	if private {
		config += fmt.Sprintf(registryAuth, dir)
	}
	for name, text := range map[string]string{"config.yml": config, "htpasswd": registryUser + ":" + registryHash + "\n"} {
		ts.Check(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	ts.Check(err)
	defer log.Close()
	cmd := exec.Command("docker-registry", "serve", filepath.Join(dir, "config.yml"))
	cmd.Stdout, cmd.Stderr = log, log
	ts.Check(cmd.Start())
	// Waited for at once, so that the script sees it go when it kills it.
	gone := make(chan error, 1)
	go func() { gone <- cmd.Wait() }()
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		<-gone
		forget(ts, address)
	})
	waitForListener(ts, address, log.Name())
	ts.Setenv("REGISTRY", address)
	ts.Setenv("REGISTRY_PID", fmt.Sprint(cmd.Process.Pid))
	if private {
		ts.Check(ts.Exec("docker", "--config", filepath.Join(dir, "docker"), "login", "--username", registryUser, "--password", registryPassword, address))
	}
}

// forget removes the images of a registry from the engine.
func forget(ts *testscript.TestScript, address string) {
	out, err := exec.Command("docker", "images", "--quiet", "--filter", "reference="+address+"/*").Output()
	if ids := strings.Fields(string(out)); err == nil && len(ids) > 0 {
		out, err = exec.Command("docker", append([]string{"rmi", "--force"}, ids...)...).CombinedOutput()
	}
	if err != nil {
		ts.Logf("removing the images of %s: %v %s", address, err, out)
	}
}

// publish adds a layer of 4 MiB that no engine has to an image and pushes it.
const publish = `
set -eu
image=$1 name=$2 config=$3 dir=$(mktemp -d)
head -c 4M /dev/urandom >"$dir/random"
had=$(docker images --quiet "$name")
id=$(docker create "$image" x)
docker cp "$dir/random" "$id:/random" >/dev/null
docker commit "$id" "$name" >/dev/null
docker rm "$id" >/dev/null
docker --config "$config" push --quiet "$name"
docker rmi "$name" >/dev/null
[ -z "$had" ] || docker tag "$had" "$name"
rm -r "$dir"
`

// cmdPublish: publish IMAGE NAME puts IMAGE into the registry, with a file /random
// that is another each time. What the engine had under that name it keeps.
func cmdPublish(ts *testscript.TestScript, args []string) {
	cmd := exec.Command("sh", "-c", publish, "sh", args[0], ts.Getenv("REGISTRY")+"/"+args[1], filepath.Join(ts.MkAbs("registry"), "docker"))
	if out, err := cmd.CombinedOutput(); err != nil {
		ts.Fatalf("publishing %s: %v\n%s", args[0], err, out)
	}
}

// cmdStall: stall [mute] puts a server before the registry that stops in the middle
// of a layer and says no more, or says nothing at all. $STALLED is its address; a
// file "stalled" appears in $WORK when it falls silent.
func cmdStall(ts *testscript.TestScript, args []string) {
	mute := len(args) == 1
	mark := filepath.Join(ts.Getenv("WORK"), "stalled")
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: ts.Getenv("REGISTRY")})
	proxy.ModifyResponse = func(r *http.Response) error {
		if strings.Contains(r.Request.URL.Path, "/blobs/") && r.ContentLength > 1<<20 {
			r.Body = &halfBody{r.Body, r.ContentLength / 2, r.Request, mark}
		}
		return nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	server := &http.Server{Handler: proxy}
	if mute {
		server.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_ = os.WriteFile(mark, nil, 0o644)
			<-r.Context().Done()
		})
	}
	go server.Serve(l)
	address := l.Addr().String()
	ts.Defer(func() {
		server.Close()
		forget(ts, address)
	})
	ts.Setenv("STALLED", address)
}

// halfBody ends in silence.
type halfBody struct {
	io.ReadCloser
	left int64
	of   *http.Request
	mark string
}

func (b *halfBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		if err := os.WriteFile(b.mark, nil, 0o644); err != nil {
			return 0, err
		}
		<-b.of.Context().Done()
		return 0, b.of.Context().Err()
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
