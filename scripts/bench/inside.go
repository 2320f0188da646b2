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

	"ctenv/internal/wire"
)

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

func insideInit(rounds int) (any, error) {
	request, err := requestFor()
	if err != nil {
		return nil, err
	}
	m, err := turns(rounds,
		process(nil, "true"),
		process(request, wire.InitPath, "true"),
		process(nil, benchDir+"/execonly", "/bin/true"),
		process(nil, "sh", "-c", "exec /bin/true"),
	)
	if err != nil {
		return nil, err
	}
	return map[string]time.Duration{"True": m[0], "Init": m[1], "ExecOnly": m[2], "Shell": m[3]}, nil
}

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
	ours := process(request, wire.InitPath, "true")
	gnu := process(nil, "chown", "-R", "0:0", dataDir)
	var took [4][]time.Duration // the order of the samples below
	for range rounds {
		for i, s := range []sample{ours, ours, gnu, gnu} {
			d, err := s()
			if err != nil {
				return nil, err
			}
			took[i] = append(took[i], d)
		}
	}
	return map[string]time.Duration{
		"First": median(took[0]), "Again": median(took[1]),
		"GNUFirst": median(took[2]), "GNUAgain": median(took[3]),
	}, nil
}

// makeFiles makes empty files, 100 in a folder.
func makeFiles(dir string, count int) error {
	for i := range count {
		folder := filepath.Join(dir, strconv.Itoa(i/100))
		if i%100 == 0 {
			if err := os.Mkdir(folder, 0o755); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(folder, strconv.Itoa(i)), nil, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// requestFor is ctenv's message for a command run as an ordinary user, with these
// volumes flagged chown.
func requestFor(volumes ...string) ([]string, error) {
	return wire.Encode(wire.Request{
		User:      wire.User{Name: "bench", UID: 4321, GID: 4322, Group: "bench", Home: "/home/bench"},
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
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env = append(os.Environ(), env...)
		cmd.Stderr = os.Stderr
		start := time.Now()
		err := cmd.Run()
		took := time.Since(start)
		if err != nil {
			return 0, fmt.Errorf("%q: %w", args, err)
		}
		return took, nil
	}
}
