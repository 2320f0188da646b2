//go:build linux

// Package coreutils holds the utilities that shell text expects everywhere, for
// images that have none: POSIX.1's, with the options of GNU's that scripts use.
//
// Those of mvdan.cc/sh/moreinterp, which the built-in shell falls back on for
// rarer ones, report success after some failures (mkdir, ls, cp), follow symlinks
// where cp -r must not, and lack most options.
package coreutils

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// Call is one call of a utility.
type Call struct {
	Name string
	Args []string // without the name
	Dir  string   // where relative paths start; absolute
	Env  []string // "NAME=value" strings

	Stdin          io.Reader
	Stdout, Stderr io.Writer

	// Exec runs another command and returns its exit status, for env.
	Exec func(args, env []string) int

	failed bool
}

// utilities by name. Each returns an exit status.
var utilities = map[string]func(*Call) int{
	"basename": basename,
	"cat":      cat,
	"chgrp":    chgrp,
	"chmod":    chmod,
	"chown":    chown,
	"cp":       cp,
	"dirname":  dirname,
	"env":      env,
	"id":       id,
	"ln":       ln,
	"ls":       ls,
	"mkdir":    mkdir,
	"mv":       mv,
	"readlink": readlink,
	"rm":       rm,
	"rmdir":    rmdir,
	"sleep":    sleep,
	"touch":    touch,
	"uname":    uname,
	"whoami":   whoami,
}

// Has says that there is a utility of that name.
func Has(name string) bool { return utilities[name] != nil }

// brokenPipe is the status of a process that SIGPIPE ended.
const brokenPipe = 128 + int(syscall.SIGPIPE)

// Run runs the utility c.Name and returns its exit status: 0, 1, or another that
// the utility's manual page names. Messages go to c.Stderr, as "NAME: …".
func Run(c *Call) int {
	out := &pipe{w: c.Stdout}
	c.Stdout = out
	status := utilities[c.Name](c)
	switch {
	case out.broken:
		return brokenPipe
	case status == 0 && c.failed:
		return 1
	}
	return status
}

// pipe notes that nobody reads any more. A process of its own would end by
// SIGPIPE there, without a word.
type pipe struct {
	w      io.Writer
	broken bool
}

func (p *pipe) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.broken = p.broken || errors.Is(err, syscall.EPIPE)
	return n, err
}

// path is a path as the system calls take it. It is not cleaned: "link/.." is not
// the directory of link.
func (c *Call) path(name string) string {
	if name == "" || strings.HasPrefix(name, "/") {
		return name
	}
	return strings.TrimSuffix(c.Dir, "/") + "/" + name
}

// failf writes a message and makes the status a failure; the utility goes on with
// its next operand.
func (c *Call) failf(format string, args ...any) {
	c.failed = true
	fmt.Fprintf(c.Stderr, "%s: %s\n", c.Name, fmt.Sprintf(format, args...))
}

// fail is failf for what happened to a file, named as the user did.
func (c *Call) fail(name string, err error) { c.failf("%q: %v", name, cause(err)) }

// cause leaves out the system call and the resolved path.
func cause(err error) error {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno
	}
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}

// verbosely says what was done, for -v.
func (c *Call) verbosely(o options, format string, args ...any) {
	if o.has('v') {
		fmt.Fprintf(c.Stdout, format+"\n", args...)
	}
}
