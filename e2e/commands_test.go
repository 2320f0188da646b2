//go:build linux

package e2e

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// cmdAwait: await PATH [REGEXP]
func cmdAwait(ts *testscript.TestScript, args []string) {
	path := ts.MkAbs(args[0])
	there := func() bool { _, err := os.Stat(path); return err == nil }
	if len(args) == 2 {
		wanted, err := regexp.Compile("(?m)" + args[1])
		ts.Check(err)
		there = func() bool {
			text, err := os.ReadFile(path)
			return err == nil && wanted.Match(text)
		}
	}
	for deadline := time.Now().Add(awaitTimeout); !there(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("%s is not there, or not so, after %v", args[0], awaitTimeout)
		}
	}
}

// awaitTimeout is when what does not come counts as lost. It is no measure: beside
// others, a start may take many seconds and a package manager minutes.
const awaitTimeout = 5 * time.Minute

// cmdNoService: noservice. Podman works by itself, as it does for most people. For
// builds it has to: its service may lose the thread that a step hangs on, and the step
// with it (PR_SET_PDEATHSIG), when something else runs in it. SERVICE is its address.
func cmdNoService(ts *testscript.TestScript, args []string) {
	service := ts.Getenv("CONTAINER_HOST")
	ts.Setenv("SERVICE", service)
	if service != "" {
		ts.Setenv("CONTAINER_HOST", "")
	}
}

// cmdOwner: owner UID:GID PATH...
func cmdOwner(ts *testscript.TestScript, args []string) {
	for _, path := range args[1:] {
		info, err := os.Lstat(ts.MkAbs(path))
		ts.Check(err)
		st := info.Sys().(*syscall.Stat_t)
		if got := fmt.Sprintf("%d:%d", st.Uid, st.Gid); got != args[0] {
			ts.Fatalf("%s belongs to %s, want %s", path, got, args[0])
		}
	}
}

// cmdACL: acl UID PATH..., as setfacl -m u:UID:rwx does it, which not every machine has.
func cmdACL(ts *testscript.TestScript, args []string) {
	uid, err := strconv.ParseUint(args[0], 10, 32)
	ts.Check(err)
	const nobody = 1<<32 - 1
	for _, path := range args[1:] {
		// As linux/posix_acl_xattr.h has it: version 2; then tag, permissions and id of
		// the owner, the user, the group, the mask and the others.
		acl := binary.LittleEndian.AppendUint32(nil, 2)
		for _, e := range [][3]uint32{{1, 7, nobody}, {2, 7, uint32(uid)}, {4, 7, nobody}, {16, 7, nobody}, {32, 0, nobody}} {
			acl = binary.LittleEndian.AppendUint16(acl, uint16(e[0]))
			acl = binary.LittleEndian.AppendUint16(acl, uint16(e[1]))
			acl = binary.LittleEndian.AppendUint32(acl, e[2])
		}
		ts.Check(unix.Setxattr(ts.MkAbs(path), "system.posix_acl_access", acl, 0))
	}
}

// cmdIdentity: identity NAME UID GID. The script's directory becomes the new caller's.
func (e *testEngine) cmdIdentity(ts *testscript.TestScript, args []string) {
	id := identity{name: args[0]}
	var err error
	id.uid, err = strconv.Atoi(args[1])
	ts.Check(err)
	id.gid, err = strconv.Atoi(args[2])
	ts.Check(err)
	if u, err := user.LookupId(args[1]); err == nil {
		ts.Fatalf("uid %s is %q on this host; choose one that nobody has", args[1], u.Username)
	}
	ts.Check(giveAway(ts.Getenv("WORK"), id))
	for name, value := range e.variables(id) {
		ts.Setenv(name, value)
	}
}

// cmdNewVolume: newvolume NAME
func (e *testEngine) cmdNewVolume(ts *testscript.TestScript, args []string) {
	_, err := e.run("volume", "rm", "--force", args[0])
	ts.Check(err)
	ts.Defer(func() {
		if _, err := e.run("volume", "rm", "--force", args[0]); err != nil {
			ts.Logf("%v", err)
		}
	})
}

// cmdTag: tag IMAGE NAME
func (e *testEngine) cmdTag(ts *testscript.TestScript, args []string) {
	_, err := e.run("tag", args[0], args[1])
	ts.Check(err)
	ts.Defer(func() {
		if _, err := e.run("rmi", args[1]); err != nil {
			ts.Logf("%v", err)
		}
	})
}

// cmdNetwork: network NAME. One that is there already is somebody's and stays.
func (e *testEngine) cmdNetwork(ts *testscript.TestScript, args []string) {
	if _, err := e.run("network", "inspect", args[0]); err == nil {
		return
	}
	_, err := e.run("network", "create", args[0])
	ts.Check(err)
	ts.Defer(func() {
		if _, err := e.run("network", "rm", args[0]); err != nil {
			ts.Logf("%v", err)
		}
	})
}

// cmdMounted: mounted OPTION... SOURCE DIR, as mount(8) has it, by root, until the
// script ends. Nothing of it propagates.
func cmdMounted(ts *testscript.TestScript, args []string) {
	directory := ts.MkAbs(args[len(args)-1])
	args[len(args)-1] = directory
	cmd := exec.Command("mount", append([]string{"--make-private"}, args...)...)
	cmd.Dir = ts.MkAbs(".")
	out, err := cmd.CombinedOutput()
	if err != nil {
		ts.Fatalf("mount %q: %v\n%s", args, err, out)
	}
	ts.Defer(func() {
		if out, err := exec.Command("umount", "--lazy", directory).CombinedOutput(); err != nil {
			ts.Logf("umount %s: %v\n%s", directory, err, out)
		}
	})
}

// cmdBuildx: buildx. Without it docker has its older builder only.
func cmdBuildx(ts *testscript.TestScript, args []string) {
	cache := os.Getenv("CTENV_TEST_CACHE")
	if cache == "" {
		cache = "/var/cache/ctenv-test"
	}
	plugin := filepath.Join(cache, "docker-buildx")
	if _, err := os.Stat(plugin); err != nil {
		ts.Fatalf("%v: run scripts/ensure-buildx.sh", err)
	}
	dir := filepath.Join(ts.Getenv("HOME"), ".docker/cli-plugins")
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(os.Symlink(plugin, filepath.Join(dir, "docker-buildx")))
	// docker keeps the state of builders there, as the caller.
	ts.Check(os.Chmod(filepath.Dir(dir), 0o777))
}

// cmdSignal: signal NAME sends a signal, as "TERM", to what runs in the
// background. testscript's own kill knows two of them.
func cmdSignal(ts *testscript.TestScript, args []string) {
	sig := unix.SignalNum("SIG" + args[0])
	if sig == 0 {
		ts.Fatalf("no signal is called %q", args[0])
	}
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(sig))
	}
}
