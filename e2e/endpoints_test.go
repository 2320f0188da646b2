//go:build linux

package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestEndpoints runs the scripts that bring an engine, an ssh server or a registry
// of their own: what they test lies between ctenv and Docker's engine.
func TestEndpoints(t *testing.T) {
	for _, e := range engines {
		if e.name == "docker" {
			t.Run(e.name, func(t *testing.T) { runScripts(t, e, "testdata/endpoints", ordinary) })
		}
	}
}

// cmdFarEngine: farengine IMAGE starts an engine that sees none of the suite's
// directories and has a copy of IMAGE. $FAR_SOCKET is its socket, $FAR_TCP its address
// with TLS, for which $FAR_CERTS has the certificates.
func cmdFarEngine(ts *testscript.TestScript, args []string) {
	dir, certs := ts.MkAbs("engine"), ts.MkAbs("certs")
	ts.Check(makeCertificates(filepath.Join(dir, "certs"), certs))
	ts.Check(giveAway(certs, ordinary))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer l.Close()
	listener, err := l.(*net.TCPListener).File()
	ts.Check(err)
	defer listener.Close()
	ts.Setenv("FAR_CERTS", certs)
	ts.Setenv("FAR_TCP", "tcp://"+l.Addr().String())
	ts.Setenv("FAR_SOCKET", startEngine(ts, args[0], scratch, listener, "--host", "fd://",
		"--tlsverify", "--tlscacert", "certs/ca.pem", "--tlscert", "certs/cert.pem", "--tlskey", "certs/key.pem"))
}

// freeAddress is one of loopback's where nobody listens. Another program may take
// it before it is used, which the test then shows.
func freeAddress(ts *testscript.TestScript) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer l.Close()
	return l.Addr().String()
}

// waitForListener returns when something accepts connections at address.
func waitForListener(ts *testscript.TestScript, address, log string) {
	for deadline := time.Now().Add(stepTimeout); ; time.Sleep(50 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log)
			ts.Fatalf("nobody listens at %s: %v\n%s", address, err, text)
		}
	}
}

// engineGroup is the group that may use the engine's socket.
func engineGroup() (uint32, error) {
	var socket syscall.Stat_t
	if err := syscall.Stat("/var/run/docker.sock", &socket); err != nil {
		return 0, fmt.Errorf("engine's socket: %w", err)
	}
	return socket.Gid, nil
}
