//go:build linux

// Package shelltext runs commands in a shell of the container, or in the built-in one, and
// tells what they leave: variables, directory, umask, limits.
package shelltext

import (
	"errors"
	"path"

	"ctenv/internal/program"
	"ctenv/internal/shellcall"
)

// builtinName chooses the built-in shell, as auto does in an image without one.
const builtinName = "builtin"

// Shell runs shell text: a program of the image, or "" for the built-in shell.
type Shell string

func (s Shell) String() string {
	if s == "" {
		return "the built-in shell"
	}
	return string(s)
}

// Choose chooses the shell for shell text: "auto", "builtin", a name or a path. look finds
// a program by its name.
func Choose(name string, look func(name string) (string, error)) (Shell, error) {
	if name == builtinName {
		return "", nil
	}
	file, err := program.FindShell(name, look)
	if errors.Is(err, program.ErrNoShell) {
		return "", nil
	}
	return Shell(file), err
}

// Interactive finds the shell to talk to, as Choose finds one for text. The built-in one is none.
func Interactive(name string, look func(name string) (string, error)) (file string, err error) {
	if name == builtinName {
		name = "auto"
	}
	return program.FindShell(name, look)
}

// Command is the program and its arguments for one text, which it becomes; self
// is ctenv-init.
func (s Shell) Command(self, text string) (file string, argv []string) {
	if s == "" {
		argv = append(builtinShell(self), "-c", text)
		return argv[0], argv
	}
	return string(s), []string{path.Base(string(s)), "-c", text}
}

// commands is the program and its arguments for several texts, one after the other,
// with a report at the end.
func (s Shell) commands(self string, texts Commands) (file string, argv []string) {
	if s == "" {
		return self, append([]string{self}, texts.builtinArgs()...)
	}
	script, args := texts.script(self)
	return string(s), append([]string{string(s), "-c", script, "ctenv"}, args...)
}

// builtinShell is the built-in shell as a command, without its arguments.
func builtinShell(self string) []string { return []string{self, shellcall.Shell} }
