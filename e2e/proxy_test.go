//go:build linux

package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// packageHost is a host that nobody has, so that only the proxy leads to it.
const packageHost = "packages.invalid"

// The proxy's only user.
const (
	proxyUser     = "alice"
	proxyPassword = "open-sesame"
)

// cmdProxy: proxy DIR starts a proxy that containers reach, and that knows one host,
// packages.invalid, whose files are those of DIR. It wants a user and a password, which
// $PROXY has (http://USER:PASSWORD@HOST:PORT); $WORK/proxied gets a line for each file
// that it has handed out.
func (e *testEngine) cmdProxy(ts *testscript.TestScript, args []string) {
	log, err := os.Create(filepath.Join(ts.Getenv("WORK"), "proxied"))
	ts.Check(err)
	host := "host.containers.internal" // podman's word for this machine
	if !e.podman {
		host, err = ownAddress()
		ts.Check(err)
	}
	l, err := net.Listen("tcp4", ":0")
	ts.Check(err)
	server := &http.Server{Handler: &packageProxy{files: http.FileServer(http.Dir(ts.MkAbs(args[0]))), log: log}}
	go server.Serve(l)
	ts.Defer(func() {
		server.Close()
		log.Close()
	})
	address := url.URL{Scheme: "http", User: url.UserPassword(proxyUser, proxyPassword)}
	address.Host = net.JoinHostPort(host, fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
	ts.Setenv("PROXY", address.String())
}

// ownAddress is this machine's as others see it. Nothing is sent.
func ownAddress() (string, error) {
	conn, err := net.Dial("udp4", "192.0.2.255:9") // an address for documents (RFC 5737)
	if err != nil {
		return "", fmt.Errorf("this machine has no address: %w", err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).IP.String(), nil
}

type packageProxy struct {
	files http.Handler
	mu    sync.Mutex
	log   *os.File
}

func (p *packageProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asked := http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
	user, password, _ := asked.BasicAuth()
	switch {
	case user != proxyUser || password != proxyPassword:
		w.Header().Set("Proxy-Authenticate", `Basic realm="ctenv-test"`)
		http.Error(w, "who are you?", http.StatusProxyAuthRequired)
		return
	case r.URL.Host != packageHost:
		http.Error(w, fmt.Sprintf("%q is not known", r.URL.Host), http.StatusBadGateway)
		return
	}
	p.mu.Lock()
	fmt.Fprintln(p.log, strings.TrimPrefix(r.URL.Path, "/"))
	p.mu.Unlock()
	p.files.ServeHTTP(w, r)
}
