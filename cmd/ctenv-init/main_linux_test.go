package main

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestQuit(t *testing.T) {
	if os.Getenv("QUIT_TEST_CHILD") != "" {
		if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}); err != nil {
			t.Log(err) // then no core is possible anyway
		}
		endQuietly()
		if err := syscall.Kill(os.Getpid(), syscall.SIGQUIT); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestQuit$")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "QUIT_TEST_CHILD=1")
	out, err := cmd.CombinedOutput()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || len(out) > 0 {
		t.Fatalf("%v, output:\n%s", err, out)
	}
	if status := exit.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGQUIT || status.CoreDump() {
		t.Errorf("it ended by %v, with a core file: %v", status.Signal(), status.CoreDump())
	}
}
