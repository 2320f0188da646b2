//go:build linux

package e2e

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var keep = flag.Bool("keep", false, "keep the scripts' directories, to look at a failed one")

// scratch is the directory of everything that the suite writes. The caller can
// enter it, which Go's own temporary directories do not allow.
var scratch string

// ctenvDir holds a copy of bin/ctenv and nothing else. The checkout may lie where
// the caller has no access, as /root does.
func ctenvDir() string { return filepath.Join(scratch, "bin") }

func TestMain(m *testing.M) {
	testscript.Main(suite{m}, map[string]func(){
		"ctenv":    func() { fail(callerMain(append([]string{"ctenv"}, os.Args[1:]...))) },
		"caller":   func() { fail(callerMain(os.Args[1:])) },
		"engine":   func() { fail(engineMain(os.Args[1:])) },
		"exitcode": func() { fail(exitcodeMain(os.Args[1:])) },
		"pty":      func() { ptyMain(os.Args[1:]) },
		"streams":  func() { streamsMain(os.Args[1:]) },
	})
}

// fail ends a program of the scripts when err says that it could not do its job.
func fail(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[0], err)
		os.Exit(99)
	}
}

// suite runs the tests once what they need is there.
type suite struct{ m *testing.M }

func (s suite) Run() int {
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, "error: end-to-end tests:", err)
		return 1
	}
	code := s.m.Run()
	if *keep {
		fmt.Fprintln(os.Stderr, "the scripts' directories are kept in", scratch)
	} else if err := os.RemoveAll(scratch); err != nil {
		fmt.Fprintln(os.Stderr, "error: end-to-end tests:", err)
		return 1
	}
	return code
}

func prepare() error {
	const remedy = "run `make test` as root"
	if os.Getuid() != 0 {
		return errors.New("they call ctenv as different users: " + remedy)
	}
	bin := os.Getenv("CTENV_BIN")
	if bin == "" {
		bin = "../bin/ctenv"
	}
	if _, err := os.Stat(bin); err != nil {
		return fmt.Errorf("%w: %s", err, remedy)
	}
	u, err := user.Lookup(ordinary.name)
	if err != nil {
		return fmt.Errorf("%w: %s", err, remedy)
	}
	if u.Uid != strconv.Itoa(ordinary.uid) || u.Gid != strconv.Itoa(ordinary.gid) {
		return fmt.Errorf("user %s is %s:%s, not %d:%d: %s", ordinary.name, u.Uid, u.Gid, ordinary.uid, ordinary.gid, remedy)
	}
	if err := findEngines(); err != nil {
		return fmt.Errorf("%w: %s", err, remedy)
	}

	if scratch, err = os.MkdirTemp("", "ctenv-e2e-"); err != nil {
		return err
	}
	if err := os.Chmod(scratch, 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(ctenvDir(), 0o755); err != nil {
		return err
	}
	return copyFile(bin, filepath.Join(ctenvDir(), "ctenv"))
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}

// TestScripts runs each script on each engine, as TestScripts/ENGINE/SCRIPT.
func TestScripts(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) { runScripts(t, e, "testdata", ordinary) })
	}
}

// TestRoot runs the scripts of a caller who is root and stays root. On podman they
// are all that the engine of root is tested by.
func TestRoot(t *testing.T) {
	for _, e := range engines {
		switch {
		case e.podman:
			e = podmanOfRoot()
		case e.rootless:
			continue // root has no rootless engine
		}
		t.Run(e.name, func(t *testing.T) { runScripts(t, e, "testdata/root", identity{name: "root"}) })
	}
}

func runScripts(t *testing.T, e *testEngine, dir string, caller identity) {
	stop, err := e.serve()
	if err != nil {
		t.Fatal(err)
	}
	// The scripts run in parallel, so after this function.
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		if err := e.prune(); err != nil {
			t.Log(err)
		}
	})
	work := filepath.Join(scratch, e.name+strings.TrimPrefix(dir, "testdata"))
	if err := os.MkdirAll(work, 0o755); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                dir,
		WorkdirRoot:        work,
		RequireUniqueNames: true,
		Setup:              func(env *testscript.Env) error { return e.setup(env, caller) },
		Condition:          e.condition,
		Cmds:               e.commands(),
	})
}

// setup gives the script's directory to the caller, with a home in it.
func (e *testEngine) setup(env *testscript.Env, caller identity) error {
	// The number at the end: no script's name is a part of another's, and what is
	// cleaned up after a script is found by its name.
	name := fmt.Sprintf("e2e-%s-%d", strings.TrimPrefix(filepath.Base(env.WorkDir), "script-"), os.Getpid())
	home := filepath.Join(env.WorkDir, "home")
	if err := os.Mkdir(home, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := giveAway(env.WorkDir, caller); err != nil {
		return err
	}
	env.Setenv("NAME", name)
	env.Setenv("HOME", home)
	// The scripts' own projects are the caller's. Those about consent unset it.
	env.Setenv("CTENV_TRUST", env.WorkDir)
	for name, value := range e.variables(caller) {
		env.Setenv(name, value)
	}
	env.Setenv(ctenvDirVar, ctenvDir())
	env.Setenv(allStreamsVar, os.Getenv(allStreamsVar))
	env.Defer(func() {
		if err := e.removeAll(env.WorkDir, name); err != nil {
			env.T().Log(err)
		}
	})
	return nil
}

// giveAway makes the caller the owner of a directory and all in it.
func giveAway(dir string, to identity) error {
	return filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, to.uid, to.gid)
	})
}
