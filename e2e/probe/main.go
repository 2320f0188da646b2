// Command probe is the one program of the images that hold nothing else. It
// shows what a process in the container sees and may do, where no shell, id or
// ls could.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const usage = `usage: probe COMMAND [ARGUMENT...]
  show               identity, capabilities, limits, arguments and environment as JSON
  stat PATH...       type, mode and owner of each path, a line each
  read PATH          the file's content
  write PATH TEXT    make or replace the file
  drop               try to get privileges back; exit 0 when every way is refused
  cat                standard input to standard output
  tls CERT KEY       serve TLS on loopback and ask there, trusting what Go trusts here
  sleep SECONDS
  exit N`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New(usage)
	}
	switch name, rest := args[0], args[1:]; {
	case name == "show":
		return show(os.Stdout)
	case name == "stat" && len(rest) > 0:
		return stat(os.Stdout, rest)
	case name == "read" && len(rest) == 1:
		return read(os.Stdout, rest[0])
	case name == "write" && len(rest) == 2:
		return os.WriteFile(rest[0], []byte(rest[1]), 0o644)
	case name == "drop" && len(rest) == 0:
		return drop(os.Stdout)
	case name == "cat":
		_, err := io.Copy(os.Stdout, os.Stdin)
		return err
	case name == "tls" && len(rest) == 2:
		return askByTLS(os.Stdout, rest[0], rest[1])
	case name == "sleep" && len(rest) == 1:
		d, err := time.ParseDuration(rest[0] + "s")
		time.Sleep(d)
		return err
	case name == "exit" && len(rest) == 1:
		code, err := strconv.Atoi(rest[0])
		if err != nil {
			return err
		}
		os.Exit(code)
	}
	return errors.New(usage)
}

// process is what show prints.
type process struct {
	UID    int      `json:"uid"`
	EUID   int      `json:"euid"`
	GID    int      `json:"gid"`
	EGID   int      `json:"egid"`
	Groups []int    `json:"groups"`
	Dir    string   `json:"dir"`
	Args   []string `json:"args"`
	Env    []string `json:"env"`
	// Status holds the capability sets (hexadecimal) and NoNewPrivs of
	// /proc/self/status.
	Status map[string]string `json:"status"`
	// NoFile is the soft limit of open files.
	NoFile uint64 `json:"nofile"`
	PID    int    `json:"pid"`
}

func show(w io.Writer) error {
	p := process{
		UID: os.Getuid(), EUID: os.Geteuid(), GID: os.Getgid(), EGID: os.Getegid(),
		Args: os.Args, Env: os.Environ(), PID: os.Getpid(),
	}
	var err error
	if p.Groups, err = os.Getgroups(); err != nil {
		return err
	}
	if p.Dir, err = syscall.Getwd(); err != nil {
		return err
	}
	if p.Status, err = status(); err != nil {
		return err
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	p.NoFile = limit.Cur
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(p)
}

func status() (map[string]string, error) {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fields := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		if strings.HasPrefix(name, "Cap") || name == "NoNewPrivs" {
			fields[name] = strings.TrimSpace(value)
		}
	}
	return fields, lines.Err()
}

func stat(w io.Writer, paths []string) error {
	for _, path := range paths {
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		owner := info.Sys().(*syscall.Stat_t)
		fmt.Fprintf(w, "%s %d:%d %s\n", info.Mode(), owner.Uid, owner.Gid, path)
	}
	return nil
}

func read(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}
