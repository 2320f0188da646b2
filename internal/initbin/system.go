package initbin

import (
	"os"
	"slices"
)

// systemPaths are where packages install ctenv-init for this machine's architecture.
var systemPaths = []string{"/usr/libexec/ctenv/ctenv-init", "/usr/lib/ctenv/ctenv-init", "/usr/local/libexec/ctenv/ctenv-init", "/usr/local/lib/ctenv/ctenv-init"}

// inSystem tells whether path is one of them.
func inSystem(path string) bool { return slices.Contains(systemPaths, path) }

// holds tells whether a file is a program that this ctenv holds: a package of another
// version may have installed it.
func holds(path, arch string) bool {
	p, err := Find("", arch)
	if err != nil {
		return false
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o111 != 0o111 {
		return false
	}
	p.Path = path
	return p.holds()
}
