package decide_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ctenv/internal/look"
)

// TestMountsOfRunArgs: what may not be mounted may not by any option.
func TestMountsOfRunArgs(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"src", "ro"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ args, err string }{
		{`"--volume=./src:/.ctenv"`, `run_args: --volume: "./src:/.ctenv": /.ctenv is ctenv's own`},
		{`"-v", "./src:/"`, `run_args: --volume: "./src:/": nothing can be mounted over the root of the container`},
		{`"--tmpfs=/.ctenv"`, `run_args: "--tmpfs=/.ctenv": /.ctenv is ctenv's own`},
		{`"--cap-add=SYS_PTRACE", "--tmpfs", "/.ctenv/stay:size=1m"`, `run_args: "--tmpfs=/.ctenv/stay:size=1m": /.ctenv is ctenv's own`},
		{`"--tmpfs=/proc/sys/kernel/random"`, `run_args: "--tmpfs=/proc/sys/kernel/random": nothing is mounted over /proc/sys/kernel/random, by which ctenv-init knows the kernel and what is mounted`},
		{`"--mount=type=tmpfs,target=/proc/1"`, `by which ctenv-init knows the kernel and what is mounted`},
		{`"--volume=./src:/proc"`, `by which ctenv-init knows the kernel and what is mounted`},
		{`"--mount=type=bind,src=./src,target=/.ctenv"`, `/.ctenv is ctenv's own`},
		{`"--mount=type=volume,src=v,target=/x/.."`, `nothing can be mounted over the root of the container`},
		{`"--mount=type=bind,src=./missing,dst=/m"`, `run_args: "` + dir + `/missing" does not exist`},
		{`"--mount=type=bind,src=./ro,dst=/m,readonly", "--tmpfs=/m/x"`,
			`run_args: /m/x needs a mount point in /m, which is mounted read-only from "` + dir + `/ro"`},
	} {
		if err := os.WriteFile(filepath.Join(dir, "ctenv.toml"), fmt.Appendf(nil, "[defaults]\nrun_args = [%s]\n", c.args), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := describe("", alice(dir), nil, dir, look.Facts{}); err == nil || !strings.HasSuffix(err.Error(), c.err) {
			t.Errorf("%s: got %v, want %s", c.args, err, c.err)
		}
	}
}

// TestOtherIPC: ctenv-init is told of a /dev/shm that is not the container's own.
func TestOtherIPC(t *testing.T) {
	for args, want := range map[string]bool{
		"": false, `"--ipc=private"`: false, `"--ipc=shareable"`: false, `"--ipc=none"`: false,
		`"--ipc=host"`: true, `"--ipc", "container:db"`: true,
	} {
		p := plannedRun(t, "[containers.dev]\nimage = \"busybox\"\nrun_args = ["+args+"]\n", t.TempDir())
		if p.Request.OtherIPC != want {
			t.Errorf("%s: got %v, want %v", args, p.Request.OtherIPC, want)
		}
	}
}
