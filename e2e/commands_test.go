//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// cmdOwner: owner UID:GID PATH...
func cmdOwner(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: owner UID:GID PATH...")
	}
	for _, path := range args[1:] {
		info, err := os.Lstat(ts.MkAbs(path))
		ts.Check(err)
		st := info.Sys().(*syscall.Stat_t)
		if got := fmt.Sprintf("%d:%d", st.Uid, st.Gid); got != args[0] {
			ts.Fatalf("%s belongs to %s, want %s", path, got, args[0])
		}
	}
}

// cmdIdentity: identity NAME UID GID. The script's folder becomes the new caller's.
func cmdIdentity(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: identity NAME UID GID")
	}
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
	for name, value := range id.variables() {
		ts.Setenv(name, value)
	}
}

// cmdNewVolume: newvolume NAME
func cmdNewVolume(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: newvolume NAME")
	}
	_, err := docker("volume", "rm", "--force", args[0])
	ts.Check(err)
	ts.Defer(func() {
		if _, err := docker("volume", "rm", "--force", args[0]); err != nil {
			ts.Logf("%v", err)
		}
	})
}

// cmdTag: tag IMAGE NAME
func cmdTag(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tag IMAGE NAME")
	}
	_, err := docker("tag", args[0], args[1])
	ts.Check(err)
	ts.Defer(func() {
		if _, err := docker("rmi", args[1]); err != nil {
			ts.Logf("%v", err)
		}
	})
}

// cmdNetwork: network NAME. One that is there already is somebody's and stays.
func cmdNetwork(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: network NAME")
	}
	if _, err := docker("network", "inspect", args[0]); err == nil {
		return
	}
	_, err := docker("network", "create", args[0])
	ts.Check(err)
	ts.Defer(func() {
		if _, err := docker("network", "rm", args[0]); err != nil {
			ts.Logf("%v", err)
		}
	})
}

// cmdSignal: signal NAME sends a signal, as "TERM", to what runs in the
// background. testscript's own kill knows two of them.
func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: signal NAME")
	}
	sig := unix.SignalNum("SIG" + args[0])
	if sig == 0 {
		ts.Fatalf("no signal is called %q", args[0])
	}
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(sig))
	}
}

// cmdNoContainers: nocontainers
func cmdNoContainers(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: nocontainers")
	}
	ids, err := containers(ts.Getenv("WORK"))
	ts.Check(err)
	if len(ids) > 0 {
		ts.Fatalf("containers were left: %s", strings.Join(ids, " "))
	}
}

// containers returns the ids of ctenv's containers whose project lies in work.
func containers(work string) ([]string, error) {
	out, err := docker("ps", "--all", "--no-trunc", "--filter", "label=se.osd.ctenv.managed=true",
		"--format", `{{.ID}} {{.Label "se.osd.ctenv.project_dir"}}`)
	if err != nil {
		return nil, err
	}
	var ids []string
	for line := range strings.Lines(out) {
		id, dir, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if rel, err := filepath.Rel(work, dir); err == nil && filepath.IsLocal(rel) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// removeAll removes what a script left in the engine: the containers of its
// projects, and the containers, volumes and networks that carry its name.
func removeAll(work, name string) error {
	ids, err := containers(work)
	errs := []error{err}
	for _, kind := range []struct {
		list   []string
		remove []string
	}{
		{[]string{"ps", "--all", "--quiet", "--no-trunc", "--filter", "name=" + name}, []string{"rm", "--force", "--volumes"}},
		{[]string{"volume", "ls", "--quiet", "--filter", "name=" + name}, []string{"volume", "rm", "--force"}},
		{[]string{"network", "ls", "--quiet", "--filter", "name=" + name}, []string{"network", "rm"}},
	} {
		out, err := docker(kind.list...)
		errs = append(errs, err)
		found := strings.Fields(out)
		if kind.list[0] == "ps" {
			found = append(found, ids...)
			slices.Sort(found)
			found = slices.Compact(found)
		}
		if len(found) > 0 {
			_, err := docker(append(kind.remove, found...)...)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
