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

// engineScript starts a dockerd in the directory $1, and kills it when a file "kill"
// appears there; after "restart" it starts another one, and makes "restarted". After
// "freeze" the engine stands still, until "thaw"; each is gone when that is done. It
// is the first process of namespaces of its own, so all that the
// engine has started and mounted goes with it. Its containerd is a process of its own, as
// distributions have it, and outlives it. Sockets need a short path (unix(7): 107 bytes),
// and shims have theirs in /run/containerd. $2 is a directory that the engine is not to see, "" for none;
// what follows are further options.
//
// A network namespace is a must: a dockerd without a bridge removes docker0.
const engineScript = `
set -eu
mount --make-rprivate /
mount -t proc proc /proc
mkdir -p /run/containerd
mount -t tmpfs tmpfs /run/containerd
mount -t tmpfs tmpfs /mnt
mkdir /mnt/engine /mnt/exec /mnt/exec/docker
mkdir -m 755 /mnt/exec/docker/libnetwork
mount --bind "$1" /mnt/engine
[ -z "$2" ] || mount -t tmpfs tmpfs "$2"
shift 2
by=""
if [ "${1:-}" = squashed ]; then
	by="setpriv --bounding-set=-dac_override,-dac_read_search"
	shift
fi
cd /mnt/engine
echo '{}' >config.json
echo 'disabled_plugins = ["io.containerd.grpc.v1.cri"]' >containerd.toml
$by containerd --config containerd.toml --address /mnt/exec/containerd.sock \
	--root "$PWD/containerd" --state /mnt/exec/containerd >>log 2>&1 </dev/null &
until [ -S /mnt/exec/containerd.sock ]; do sleep 0.1; done
engine() {
	sh -c 'LISTEN_PID=$$ exec $0 dockerd "$@"' "$by" --config-file config.json \
		--host "unix://$PWD/docker.sock" --pidfile "$PWD/pid" \
		--data-root "$PWD/data" --exec-root /mnt/exec/docker --containerd /mnt/exec/containerd.sock --storage-driver vfs \
		--bridge none --iptables=false --ip6tables=false "$@" >>log 2>&1 </dev/null &
}
engine "$@"
until [ -e kill ]; do
	if [ -e restart ]; then
		kill -KILL $!
		wait $! || :
		rm -f restart pid docker.sock
		engine "$@"
		until [ -S docker.sock ]; do sleep 0.1; done
		chmod 666 docker.sock
		touch restarted
	fi
	for word in freeze thaw; do
		[ -e $word ] || continue
		case $word in freeze) kill -STOP $! ;; thaw) kill -CONT $! ;; esac
		rm $word
	done
	sleep 0.1
done
kill -KILL $!
exec sleep 600
`

// cmdOwnEngine: ownengine IMAGE [OPTION...] starts an engine for this script alone, with
// options of dockerd, that has a copy of IMAGE, and points DOCKER_HOST at it. With "squashed"
// as the first its root may not read what others have closed, as on a file server that
// squashes root. $ENGINE is its directory, $ENGINE_PID a process of its network; a file "kill"
// there kills it, "restart" starts another one, which answers once there is
// "restarted", and "freeze" and "thaw" have it stand still and go on.
func cmdOwnEngine(ts *testscript.TestScript, args []string) {
	ts.Setenv("DOCKER_HOST", startEngine(ts, args[0], "", nil, args[1:]...))
}

// startEngine returns the address of its socket, which everybody may use. listener,
// where there is one, is what the option `--host fd://` means: a socket of this
// network namespace, which the engine is not in.
func startEngine(ts *testscript.TestScript, image, hidden string, listener *os.File, options ...string) string {
	dir := ts.MkAbs("engine")
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Setenv("ENGINE", dir)
	cmd := exec.Command("sh", append([]string{"-c", engineScript, "sh", dir, hidden}, options...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
	}
	if listener != nil {
		cmd.ExtraFiles = []*os.File{listener}
		cmd.Env = append(os.Environ(), "LISTEN_FDS=1") // sd_listen_fds(3)
	}
	ts.Check(cmd.Start())
	ts.Setenv("ENGINE_PID", fmt.Sprint(cmd.Process.Pid))
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
	copyImage := fmt.Sprintf("docker save '%s' | docker --host '%s' load", image, host)
	if out, err := exec.Command("sh", "-c", copyImage).CombinedOutput(); err != nil {
		ts.Fatalf("copying %s: %v\n%s", image, err, out)
	}
	ts.Check(os.Chmod(socket, 0o666))
	return host
}
