package setup

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/scratchroot"
	"ctenv/internal/shell"
	"ctenv/internal/shellcall"
	"ctenv/internal/wire"
)

// The test binary is also the program that shells call at their end, ctenv-init
// in a container that is no more than a folder, and the command that runs there.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "probe":
		probe()
		os.Exit(0)
	case os.Getenv(wire.EnvName) != "":
		req, env, err := wire.Decode(os.Environ())
		if err == nil {
			err = New(req, os.Args[1:], env, os.Stderr).Run()
		}
		if err == nil {
			os.Exit(0)
		}
		Messages{Out: os.Stderr}.Error(err)
		os.Exit(ExitCode(err))
	}
	// The shell is part of this program; in ctenv-init it is embedded.
	if len(os.Args) > 1 && (os.Args[1] == shellcall.Shell || os.Args[1] == shellcall.Commands) {
		os.Exit(shell.Main(os.Args, os.Environ()))
	}
	if status, ok := Helper(os.Args, os.Environ()); ok {
		os.Exit(status)
	}
	os.Exit(scratchroot.Main(m))
}

var user = wire.User{Name: "bob", UID: 4242, GID: 4343, Group: "staff", Home: "/home/bob"}

// inNamespace runs the calling test in a child that may mount and give up its ids:
// it reports whether this is the child. All of it happens in the root file system
// that TestMain makes.
func inNamespace(t *testing.T) bool {
	t.Helper()
	scratchroot.Need(t)
	if os.Getenv("SETUP_TEST_CHILD") == t.Name() {
		if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
			t.Fatal(err)
		}
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "SETUP_TEST_CHILD="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

func mount(t *testing.T, source, target, kind string, flags uintptr) {
	t.Helper()
	if err := unix.Mount(source, target, kind, flags, ""); err != nil {
		t.Fatalf("mounting %s: %v", target, err)
	}
	t.Cleanup(func() { unix.Unmount(target, unix.MNT_DETACH) })
}

// tempRoot is a folder that stands for the container's root and that any user
// can reach.
func tempRoot(t *testing.T) (string, *rootfs) {
	t.Helper()
	scratchroot.Need(t)
	dir, err := os.MkdirTemp("/tmp", "setup-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r, err := openRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(r.fd) })
	return dir, r
}

// put writes files below dir, with their folders.
func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func content(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// owner is the owner of a file itself, be it a symlink.
func owner(t *testing.T, name string) [2]int {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Lstat(name, &st); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return [2]int{int(st.Uid), int(st.Gid)}
}

var users = [2]int{user.UID, user.GID}
