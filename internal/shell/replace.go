//go:build linux

package shell

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// replaceable returns the command of stmt, if this process may become it: it is
// "exec COMMAND", or the last one of a text, as bash and dash do it. A server then
// gets its container's signals itself.
func (sh *Shell) replaceable(stmt *syntax.Stmt, last bool) *syntax.CallExpr {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 || stmt.Background || stmt.Negated {
		return nil
	}
	word := call.Args[0].Lit()
	switch {
	case word == "exec":
		return call
	// Text that eval or a function runs has positions of its own.
	case !last || sh.exits || word == "" || interp.IsBuiltin(word) || sh.runner.Funcs[word] != nil:
		return nil
	}
	return call
}

// inBackground says that a file starts something that goes on beside it; part of
// that may be a goroutine of this process.
func inBackground(file *syntax.File) bool {
	found := false
	syntax.Walk(file, func(node syntax.Node) bool {
		if stmt, ok := node.(*syntax.Stmt); ok && (stmt.Background || stmt.Coprocess) {
			found = true
		}
		if _, ok := node.(*syntax.ProcSubst); ok {
			found = true
		}
		return !found
	})
	return found
}

// become replaces this process, with the streams and the directory that the shell
// has there. It returns only an error.
func become(hc interp.HandlerContext, path string, args, env []string) error {
	var copies [3]int
	for fd, stream := range []any{hc.Stdin, hc.Stdout, hc.Stderr} {
		f, ok := stream.(*os.File)
		if !ok || f == nil { // it is closed
			null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
			if err != nil {
				return err
			}
			f = null
		}
		// Out of the way of the three first, which a redirection may cross.
		var err error
		if copies[fd], err = unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 10); err != nil {
			return err
		}
	}
	for fd, copied := range copies {
		if err := unix.Dup3(copied, fd, 0); err != nil {
			return err
		}
	}
	if err := os.Chdir(hc.Dir); err != nil {
		return err
	}
	return syscall.Exec(path, args, env)
}
