package initbin

import (
	"os"
	"slices"
)

// SystemPaths are where packages install ctenv-init for this machine's architecture.
var SystemPaths = []string{"/usr/libexec/ctenv/ctenv-init", "/usr/lib/ctenv/ctenv-init", "/usr/local/libexec/ctenv/ctenv-init", "/usr/local/lib/ctenv/ctenv-init"}

// InSystem tells whether path is one of them.
func InSystem(path string) bool { return slices.Contains(SystemPaths, path) }

// Holds tells whether a file is a program that this ctenv holds: a package of another
// version may have installed it.
func Holds(path, arch string) bool {
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
