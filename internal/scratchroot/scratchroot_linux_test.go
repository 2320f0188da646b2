package scratchroot

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

// Everything that a broken test might do as root has to end in the scratch root.
func TestNothingOfTheMachine(t *testing.T) {
	Need(t)
	var st unix.Statfs_t
	if err := unix.Statfs("/", &st); err != nil || st.Type != unix.TMPFS_MAGIC {
		t.Fatalf("the root is of type %#x, %v", st.Type, err)
	}
	for _, name := range []string{"/bin/sh", "/usr/bin/env"} {
		if err := unix.Fchownat(unix.AT_FDCWD, name, 4242, 4343, 0); !errors.Is(err, unix.EROFS) {
			t.Errorf("changing the owner of %s: %v", name, err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(self, 4242, 4343); !errors.Is(err, unix.EROFS) {
		t.Errorf("changing the owner of the test program: %v", err)
	}
	// Another process's root would be a way back to the machine's.
	procs, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range procs {
		if p.Name()[0] < '0' || p.Name()[0] > '9' {
			continue
		}
		if _, err := os.Lstat("/proc/" + p.Name() + "/root" + marker); err != nil {
			t.Errorf("process %s: %v", p.Name(), err)
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		f := strings.Fields(line)
		kind := f[slices.Index(f, "-")+1]
		if !slices.Contains([]string{"tmpfs", "proc", "devpts"}, kind) && !strings.HasPrefix(f[5], "ro") {
			t.Errorf("a mount of the machine that can be written: %s", line)
		}
	}
}
