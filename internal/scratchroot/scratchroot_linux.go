package scratchroot

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	// enter, in the environment, makes a process the one that leaves the machine.
	enter = "SCRATCHROOT_ENTER"
	// marker is a file that only the scratch file system has.
	marker = "/.scratchroot"
)

// Main runs the tests of a package and returns the exit status for TestMain. Where
// they run as root it does so in a process whose root is a tmpfs, with processes of
// its own: of the machine it holds the programs, read-only, and no way back to the
// rest. Fuzzing writes to the source tree and stays outside: fuzz tests must not
// touch files.
func Main(m *testing.M) int {
	switch {
	case os.Geteuid() != 0, Inside(), fuzzing():
		return m.Run()
	case os.Getenv(enter) == "":
		return again()
	}
	// Without the namespace that again makes, this would be the machine's root.
	if os.Getpid() != 1 {
		fmt.Fprintf(os.Stderr, "error: %s is set, but this is no process of ours\n", enter)
		return 1
	}
	os.Unsetenv(enter)
	if err := pivot(); err != nil {
		fmt.Fprintf(os.Stderr, "error: making a root file system for the tests: %v\n", err)
		return 1
	}
	return m.Run()
}

// Inside says that the root file system is a scratch one.
func Inside() bool {
	_, err := os.Lstat(marker)
	return err == nil
}

// Need ends a test that would do its work on the machine.
func Need(t testing.TB) {
	t.Helper()
	if !Inside() {
		t.Fatal("this test changes owners and mounts, so it has to run as root, in the root file system that TestMain makes")
	}
}

func fuzzing() bool {
	for _, arg := range os.Args {
		if strings.HasPrefix(arg, "-test.fuzz=") || strings.HasPrefix(arg, "-test.fuzzworker") {
			return true
		}
	}
	return false
}

// again runs this program once more, in namespaces of its own.
func again() int {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), enter+"=1", "TMPDIR=/tmp")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID,
		Pdeathsig:  unix.SIGKILL,
	}
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() > 0 {
		return exit.ExitCode()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error: running the tests in a root file system of their own:", err)
		return 1
	}
	return 0
}

// pivot makes a tmpfs this process's root and takes the machine's away.
func pivot() error {
	if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("making the mounts private: %w", err)
	}
	// Any directory does: the tmpfs hides it from this process only.
	const root = "/mnt"
	if err := unix.Mount("tmpfs", root, "tmpfs", 0, "mode=755"); err != nil {
		return fmt.Errorf("mounting a tmpfs: %w", err)
	}
	if err := fill(root); err != nil {
		return err
	}
	old := root + "/old"
	if err := os.Mkdir(old, 0o700); err != nil {
		return err
	}
	if err := unix.PivotRoot(root, old); err != nil {
		return fmt.Errorf("pivot_root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	if err := unix.Unmount("/old", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("unmounting the machine's root: %w", err)
	}
	if err := errors.Join(os.Remove("/old"), os.WriteFile(marker, nil, 0o444)); err != nil {
		return err
	}
	// The machine's /dev/null is a file of the machine.
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	return unix.Dup3(int(null.Fd()), 0, 0)
}

// fill makes what programs need: the machine's own, read-only, and fresh /proc, /dev,
// /etc and /tmp.
func fill(root string) error {
	for _, dir := range []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"} {
		if err := share(root, dir); err != nil {
			return fmt.Errorf("sharing %q: %w", dir, err)
		}
	}
	self, err := os.Executable()
	if err == nil {
		err = share(root, self)
	}
	if err != nil {
		return fmt.Errorf("sharing the test program: %w", err)
	}
	for _, m := range []struct{ dir, kind, data string }{
		{"/proc", "proc", ""},
		{"/dev", "tmpfs", "mode=755"},
		{"/dev/pts", "devpts", "newinstance,ptmxmode=0666,mode=600"},
	} {
		if err := os.MkdirAll(root+m.dir, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.kind, root+m.dir, m.kind, 0, m.data); err != nil {
			return fmt.Errorf("mounting %s: %w", m.dir, err)
		}
	}
	for name, minor := range map[string]uint32{"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9} {
		if err := unix.Mknod(root+"/dev/"+name, unix.S_IFCHR|0o666, int(unix.Mkdev(1, minor))); err != nil {
			return fmt.Errorf("making /dev/%s: %w", name, err)
		}
		if err := os.Chmod(root+"/dev/"+name, 0o666); err != nil {
			return err
		}
	}
	for name, target := range map[string]string{
		"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2",
	} {
		if err := os.Symlink(target, root+"/dev/"+name); err != nil {
			return err
		}
	}
	for _, dir := range []string{"/etc", "/root", "/home", "/run", "/var"} {
		if err := os.Mkdir(root+dir, 0o755); err != nil && !os.IsExist(err) {
			return err
		}
	}
	for name, text := range map[string]string{
		"passwd": "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nbin:x:2:2:bin:/bin:/usr/sbin/nologin\n",
		"group":  "root:x:0:\ndaemon:x:1:\nbin:x:2:\n",
		"shadow": "root:*:19000:0:99999:7:::\n",
	} {
		mode := os.FileMode(0o644)
		if name == "shadow" {
			mode = 0o600
		}
		if err := os.WriteFile(root+"/etc/"+name, []byte(text), mode); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(root+"/tmp", 0o777); err != nil {
		return err
	}
	return os.Chmod(root+"/tmp", 0o777|os.ModeSticky)
}

// share shows a file, directory or symlink of the machine in root, read-only.
func share(root, name string) error {
	fi, err := os.Lstat(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(root+filepath.Dir(name), 0o755); err != nil {
		return err
	}
	switch {
	case fi.Mode()&os.ModeSymlink != 0:
		target, err := os.Readlink(name)
		if err != nil {
			return err
		}
		return os.Symlink(target, root+name)
	case fi.IsDir():
		err = os.Mkdir(root+name, 0o755)
	default:
		err = os.WriteFile(root+name, nil, 0o644)
	}
	if err != nil {
		return err
	}
	// Not MS_REC: what is mounted below stays away, since remounting would not make
	// it read-only.
	if err := unix.Mount(name, root+name, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	return unix.Mount("", root+name, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "")
}
