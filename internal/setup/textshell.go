//go:build linux

package setup

import (
	"errors"
	"path"

	"ctenv/internal/shellcall"
	"ctenv/internal/wire"
)

// builtinName chooses the built-in shell, as auto does in an image without one.
const builtinName = "builtin"

// textShell runs shell text: a program of the image, or "" for the built-in shell.
type textShell string

func (s textShell) String() string {
	if s == "" {
		return "the built-in shell"
	}
	return string(s)
}

// textShell chooses the shell for shell text.
func (in *Init) textShell() (textShell, error) {
	name := string(in.req.Shell)
	if name == builtinName {
		return "", nil
	}
	file, err := findShell(name, in.env.Get("PATH"))
	if errors.Is(err, errNoShell) {
		return "", nil
	}
	return textShell(file), err
}

// command is the program and its arguments for one text, which it becomes; self
// is ctenv-init.
func (s textShell) command(self, text string) (file string, argv []string) {
	if s == "" {
		argv = append(builtinShell(self), "-c", text)
		return argv[0], argv
	}
	return string(s), []string{path.Base(string(s)), "-c", text}
}

// commands is the program and its arguments for several texts, one after the other,
// with a report at the end.
func (s textShell) commands(self string, texts []wire.Text) (file string, argv []string) {
	file, argv = string(s), []string{string(s), "-c", script(len(texts)), "ctenv", self}
	if s == "" {
		file, argv = self, []string{self, shellcall.Commands}
	}
	for _, text := range texts {
		argv = append(argv, string(text))
	}
	return file, argv
}

// builtinShell is the built-in shell as a command, without its arguments.
func builtinShell(self string) []string { return []string{self, shellcall.Shell} }
