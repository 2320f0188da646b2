//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

// identity is as whom ctenv is called.
type identity struct {
	name     string
	uid, gid int
}

// ordinary is the user that scripts/ensure-test-user.sh makes.
var ordinary = identity{name: "ctenv-test", uid: 12345, gid: 23456}

// variables are what a script has of its caller.
func (id identity) variables() map[string]string {
	uid, gid := strconv.Itoa(id.uid), strconv.Itoa(id.gid)
	return map[string]string{"USER": id.name, "UID": uid, "GID": gid, callerVar: uid + ":" + gid}
}

// dialout is a group that Debian's images name, for callers who need a second one.
const dialout = 20

// What setup tells the programs below.
const (
	callerVar   = "E2E_CALLER"
	ctenvDirVar = "E2E_CTENV_DIR"
)

// callerMain turns this process into the caller and execs args, so that stdin,
// signals and the exit status are the command's own.
func callerMain(args []string) error {
	if len(args) == 0 {
		return errors.New("usage: caller COMMAND [ARGUMENT...]")
	}
	uidText, gidText, _ := strings.Cut(os.Getenv(callerVar), ":")
	uid, err := strconv.Atoi(uidText)
	if err != nil {
		return fmt.Errorf("%s: %w", callerVar, err)
	}
	gid, err := strconv.Atoi(gidText)
	if err != nil {
		return fmt.Errorf("%s: %w", callerVar, err)
	}
	var groups []int
	// The group of the engine's socket is the one that the caller needs. Without
	// it, docker's engine is one that does not answer.
	switch {
	case os.Getenv(engineVar) == "docker" && uid != 0:
		var socket syscall.Stat_t
		if err := syscall.Stat("/var/run/docker.sock", &socket); err != nil {
			return fmt.Errorf("engine's socket: %w", err)
		}
		groups = append(groups, int(socket.Gid))
	case uid != 0:
		groups = append(groups, dialout)
	}
	if err := become(uid, gid, groups); err != nil {
		return err
	}
	if args[0] == "ctenv" && os.Getenv(engineVar) == "podman-rootful" {
		// root may use docker's engine too, which would come first.
		args = append([]string{"ctenv", "--runtime=podman"}, args[1:]...)
	}

	// The real ctenv goes first on PATH, before the program that runs now.
	dir := os.Getenv(ctenvDirVar)
	if err := os.Setenv("PATH", dir+":"+os.Getenv("PATH")); err != nil {
		return err
	}
	var environ []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if name != callerVar && name != ctenvDirVar && name != engineVar {
			environ = append(environ, kv)
		}
	}
	return execProgram(args, environ)
}

// become changes this process to a user, for good.
func become(uid, gid int, groups []int) error {
	if err := syscall.Setgroups(append([]int{gid}, groups...)); err != nil {
		return fmt.Errorf("setgroups: %w", err)
	}
	if err := syscall.Setresgid(gid, gid, gid); err != nil {
		return fmt.Errorf("setresgid: %w", err)
	}
	if err := syscall.Setresuid(uid, uid, uid); err != nil {
		return fmt.Errorf("setresuid: %w", err)
	}
	return nil
}

// execProgram replaces this process by args, found on PATH.
func execProgram(args, environ []string) error {
	path, err := exec.LookPath(args[0])
	if err != nil {
		return err
	}
	return syscall.Exec(path, args, environ)
}

// exitcodeMain runs a command and compares its exit status, as a shell sees it,
// with the first argument. Signals are passed on.
func exitcodeMain(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: exitcode N COMMAND [ARGUMENT...]")
	}
	want, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2)
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		for s := range signals {
			cmd.Process.Signal(s)
		}
	}()
	got, err := exitStatus(cmd.Wait())
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("exit status %d, want %d", got, want)
	}
	return nil
}

// exitStatus is the status that a shell would show: 128+n after signal n.
func exitStatus(err error) (int, error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0, err
	}
	status := exit.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return status.ExitStatus(), nil
}
