//go:build linux

package setup

import (
	"strings"

	"ctenv/internal/program"
)

// look finds a program by its name, for whoever this process is: root, or after the
// drop the user, who has a PATH of its own.
func (in *Init) look(name string) (string, error) {
	if in.dropped {
		return program.LookPath(name, in.env.Get("PATH"))
	}
	return program.LookRoot(in.root, name, in.env.Get("PATH"))
}

// findLoginShell is what SHELL and the passwd entry say: bash or sh as the image
// has it, else the path where every program expects one.
func (in *Init) findLoginShell() string {
	file, err := program.FindShell("auto", in.look)
	if err != nil || strings.ContainsAny(file, ":\n") {
		return "/bin/sh"
	}
	return file
}
