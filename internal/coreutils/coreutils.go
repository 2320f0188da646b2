//go:build linux

// Package coreutils holds the utilities that shell text expects everywhere, for
// images that have none: POSIX.1's, with the options of GNU's that scripts use.
//
// Those of mvdan.cc/sh/moreinterp, which the built-in shell falls back on for
// rarer ones, report success after some failures (mkdir, ls, cp), follow symlinks
// where cp -r must not, and lack most options.
package coreutils

import (
	"cmp"
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

	status int
}

// utility is what one takes, and does.
type utility struct {
	run   func(c *Call, o options, operands []string)
	short string                  // its options, as parse reads them
	long  string                  // "NAME=LETTER" for each long one, spaces between
	least int                     // how many operands there have to be
	wrong int                     // the status where that is not so, 0 for the usual one
	args  func([]string) []string // changes what is parsed, or nil
}

var utilities = map[string]utility{
	"basename": {run: basename, short: "+", least: 1},
	"cat":      {run: cat, short: "u"},
	"chgrp":    {run: chgrp, short: "RhfvP", long: "recursive=R no-dereference=h silent=f quiet=f verbose=v", least: 2},
	"chmod":    {run: chmod, args: modeArgs, short: "Rfv", long: "recursive=R silent=f quiet=f verbose=v", least: 2},
	"chown":    {run: chown, short: "RhfvP", long: "recursive=R no-dereference=h silent=f quiet=f verbose=v", least: 2},
	"cp":       {run: cp, short: "rRapdPLfnvTt:", long: "recursive=r archive=a no-dereference=P dereference=L force=f no-clobber=n verbose=v no-target-directory=T target-directory=t preserve=p", least: 1},
	"dirname":  {run: dirname, least: 1},
	"env":      {run: env, short: "+i0u:", long: "ignore-environment=i null=0 unset=u", wrong: 125},
	"id":       {run: id, short: "ugGnr", long: "user=u group=g groups=G name=n real=r"},
	"ln":       {run: ln, short: "sfnvTt:", long: "symbolic=s force=f no-dereference=n verbose=v no-target-directory=T target-directory=t", least: 1},
	"ls":       {run: ls, short: "1aAdln", long: "all=a almost-all=A directory=d numeric-uid-gid=n", wrong: 2},
	"mkdir":    {run: mkdir, short: "pvm:", long: "parents=p verbose=v mode=m", least: 1},
	"mv":       {run: mv, short: "fnvTt:", long: "force=f no-clobber=n verbose=v no-target-directory=T target-directory=t", least: 1},
	"readlink": {run: readlink, short: "fn", long: "canonicalize=f no-newline=n", least: 1},
	"rm":       {run: rm, short: "rRdfv", long: "recursive=r dir=d force=f verbose=v"},
	"rmdir":    {run: rmdir, short: "pv", long: "parents=p verbose=v", least: 1},
	"sleep":    {run: sleep, least: 1},
	"touch":    {run: touch, short: "acmd:r:", long: "no-create=c date=d reference=r", least: 1},
	"uname":    {run: uname, short: "asnrvmo", long: "all=a machine=m kernel-name=s kernel-release=r nodename=n"},
	"whoami":   {run: whoami},
}

// Has says that there is a utility of that name.
func Has(name string) bool { return utilities[name].run != nil }

// brokenPipe is the status of a process that SIGPIPE ended.
const brokenPipe = 128 + int(syscall.SIGPIPE)

// Run runs the utility c.Name and returns its exit status: 0, 1, or another that
// the utility's manual page names. Messages go to c.Stderr, as "NAME: …".
func Run(c *Call) int {
	out := &pipe{w: c.Stdout}
	c.Stdout = out
	u := utilities[c.Name]
	if u.args != nil {
		c.Args = u.args(c.Args)
	}
	if o, operands, ok := c.parse(u); ok {
		u.run(c, o, operands)
	} else {
		c.status = cmp.Or(u.wrong, c.status)
	}
	if out.broken {
		return brokenPipe
	}
	return c.status
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
	c.status = max(c.status, 1)
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
