package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// benchHome is the home of the user that ctenv-init makes here.
const benchHome = "/home/bench"

// insideArg as the first argument means that this is the process in the container.
const insideArg = "-inside"

// inside measures in the container and writes what it found as JSON.
func inside(args []string, w io.Writer) error {
	rounds, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	var found any
	switch args[0] {
	case "init":
		found, err = insideInit(rounds)
	case "chown":
		found, err = insideChown(rounds, args[2])
	default:
		err = fmt.Errorf("%q cannot be measured", args[0])
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(found)
}

// initTimes go from a process's start to the command's end.
type initTimes struct{ True, Init, Fresh, ExecOnly, Shell spread }

func insideInit(rounds int) (any, error) {
	request, err := requestFor()
	if err != nil {
		return nil, err
	}
	forget, err := accountForgetter()
	if err != nil {
		return nil, err
	}
	start := process(request, wire.InitPath, "true")
	m, err := spreads(rounds,
		process(nil, "true"),
		start,
		process(nil, benchDir+"/execonly", "/bin/true"),
		process(nil, "sh", "-c", "exec /bin/true"),
	)
	if err != nil {
		return nil, err
	}
	// By itself: files just written make the next start slower, whoever's it is.
	fresh, err := spreads(rounds, func() (time.Duration, error) {
		if err := forget(); err != nil {
			return 0, err
		}
		return start()
	})
	if err != nil {
		return nil, err
	}
	return initTimes{True: m[0], Init: m[1], Fresh: fresh[0], ExecOnly: m[2], Shell: m[3]}, nil
}

// accountForgetter gives a function that makes the container as it was before
// ctenv-init made the account in it.
func accountForgetter() (func() error, error) {
	before := map[string][]byte{}
	for _, name := range []string{"/etc/passwd", "/etc/group", "/etc/shadow"} {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		before[name] = data
	}
	return func() error {
		for name, data := range before {
			if err := os.WriteFile(name, data, 0); err != nil {
				return err
			}
		}
		return os.RemoveAll(benchHome)
	}, nil
}

// chownTimes are those of whole processes.
type chownTimes struct{ First, Again, GNUFirst, GNUAgain spentSpread }

// insideChown has ctenv-init and chown give the same files to each other's owner.
func insideChown(rounds int, count string) (any, error) {
	files, err := strconv.Atoi(count)
	if err != nil {
		return nil, err
	}
	if err := makeFiles(dataDir, files); err != nil {
		return nil, err
	}
	request, err := requestFor(dataDir)
	if err != nil {
		return nil, err
	}
	var took [4]costs // the order of chownTimes
	// The first round does not count; it fills the caches.
	for round := range rounds + 1 {
		for i := range took {
			// What the one before has changed is written by then, and not beside this one:
			// on two processors that would be at the cost of whoever uses both.
			unix.Sync()
			var cost spent
			if i < 2 {
				cost, err = spend(request, wire.InitPath, "true")
			} else {
				cost, err = spend(nil, "chown", "-R", "0:0", dataDir)
			}
			if err != nil {
				return nil, err
			}
			if round > 0 {
				took[i].add(cost)
			}
		}
	}
	return chownTimes{took[0].spread(), took[1].spread(), took[2].spread(), took[3].spread()}, nil
}

// makeFiles makes empty files, 100 in a directory.
func makeFiles(dir string, count int) error {
	for i := range count {
		directory := filepath.Join(dir, strconv.Itoa(i/100))
		if i%100 == 0 {
			if err := os.Mkdir(directory, 0o755); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(directory, strconv.Itoa(i)), nil, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// requestFor is ctenv's message for a command run as an ordinary user, with these
// volumes flagged chown.
func requestFor(volumes ...string) ([]string, error) {
	return wire.Encode(wire.Request{
		User:      wire.User{Name: "bench", UID: 4321, GID: 4322, Group: "bench", Home: benchHome},
		Workdir:   "/",
		Shell:     "auto",
		Command:   wire.Command{Kind: wire.CommandArgv},
		Mounts:    wire.Texts(volumes),
		Chown:     wire.Texts(volumes),
		Verbosity: -1,
	})
}

// process is a sample of a program, from its start to its end, with env added to
// ours.
func process(env []string, args ...string) sample {
	return func() (time.Duration, error) {
		cost, err := spend(env, args...)
		return cost.Wall, err
	}
}

// spent is what a process took: time by the clock, and on all processors, which a
// busy machine changes less.
type spent struct{ Wall, CPU time.Duration }

// spend runs a program with env added to ours.
func spend(env []string, args ...string) (spent, error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	start := time.Now()
	err := cmd.Run()
	took := time.Since(start)
	if err != nil {
		return spent{}, fmt.Errorf("%q: %w", args, err)
	}
	return spent{took, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}

// costs are those of one program's runs.
type costs struct{ wall, cpu []time.Duration }

func (c *costs) add(s spent) {
	c.wall, c.cpu = append(c.wall, s.Wall), append(c.cpu, s.CPU)
}

// spentSpread is spent over the rounds.
type spentSpread struct{ Wall, CPU spread }

func (c *costs) spread() spentSpread { return spentSpread{spreadOf(c.wall), spreadOf(c.cpu)} }
