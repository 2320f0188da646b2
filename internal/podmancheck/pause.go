package podmancheck

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
)

// migrate resets what rootless podman keeps between its runs.
const migrate = "podman system migrate"

// PauseProcess is about the process that keeps the namespaces of rootless podman: whether
// it is gone, by what podman has said. Where it was killed together with the containers,
// podman finds neither its namespaces nor a way to make new ones, and starts nothing any more.
func PauseProcess(said string) Check {
	// Podman names its command of other problems too. The second words are those of 5.8.
	c := Check{Name: "pause process", words: []string{"resetting the pause process", "unable to create a new pause process"}}
	if slices.ContainsFunc(c.words, func(words string) bool { return strings.Contains(said, words) }) {
		c.Problem = "the process that keeps its namespaces (its pause process) was killed, and its containers with it"
		c.Remedy = migrate
	}
	return c
}

// Sees asks podman what it sees of a directory: its namespaces keep the mounts of the time
// when they were made, and of what is mounted later only what propagates to them. It starts
// podman, and tells nothing where podman cannot tell.
func Sees(ctx context.Context, dir string) Check {
	var said bytes.Buffer
	cmd := Command(ctx, "unshare", "stat", "--dereference", "--format=%d:%i", "--", dir)
	cmd.Dir, cmd.Stderr = "/", &said
	out, err := cmd.Output()
	c := PauseProcess(said.String())
	if c.Problem != "" {
		return c
	}
	info, statErr := os.Stat(dir)
	if statErr != nil {
		return c
	}
	st := info.Sys().(*syscall.Stat_t)
	seen := strings.TrimSpace(string(out))
	// A directory that is not there at all is stat(1)'s error and not podman's.
	missing := err != nil && strings.Contains(said.String(), syscall.ENOENT.Error())
	if missing || err == nil && seen != fmt.Sprintf("%d:%d", st.Dev, st.Ino) {
		c.Problem = fmt.Sprintf("its pause process is older than what is mounted at or above %q, and has the directory below", dir)
		c.Remedy = migrate
	}
	return c
}
