//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// ownEngine starts a dockerd in the folder $1, and kills it when a file "kill"
// appears there. It is the first process of namespaces of its own, so all that the
// engine has started and mounted goes with it. An empty folder over the system's
// containerd lets dockerd start one of its own, whose sockets need a short path
// (unix(7): 107 bytes).
const ownEngine = `
set -eu
mount --make-rprivate /
mount -t proc proc /proc
[ ! -d /run/containerd ] || mount -t tmpfs tmpfs /run/containerd
mount -t tmpfs tmpfs /mnt
cd "$1"
echo '{}' >config.json
dockerd --config-file config.json --host "unix://$1/docker.sock" --pidfile "$1/pid" \
	--data-root "$1/data" --exec-root /mnt --storage-driver vfs \
	--bridge none --iptables=false --ip6tables=false >log 2>&1 </dev/null &
until [ -e kill ]; do sleep 0.1; done
kill -KILL $!
exec sleep 600
`

// cmdOwnEngine: ownengine IMAGE starts an engine for this script alone that has a
// copy of IMAGE, and points DOCKER_HOST at it. $ENGINE is its folder; a file "kill"
// there kills it.
func cmdOwnEngine(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ownengine IMAGE")
	}
	dir := ts.MkAbs("engine")
	ts.Check(os.Mkdir(dir, 0o755))
	cmd := exec.Command("sh", "-c", ownEngine, "sh", dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
	}
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})

	socket := filepath.Join(dir, "docker.sock")
	host := "unix://" + socket
	for deadline := time.Now().Add(stepTimeout); ; time.Sleep(200 * time.Millisecond) {
		err := exec.Command("docker", "--host", host, "version").Run()
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			ts.Fatalf("the engine does not answer: %v\n%s", err, log)
		}
	}
	copyImage := fmt.Sprintf("docker save '%s' | docker --host '%s' load", args[0], host)
	if out, err := exec.Command("sh", "-c", copyImage).CombinedOutput(); err != nil {
		ts.Fatalf("copying %s: %v\n%s", args[0], err, out)
	}
	ts.Check(os.Chmod(socket, 0o666))
	ts.Setenv("DOCKER_HOST", host)
	ts.Setenv("ENGINE", dir)
}
