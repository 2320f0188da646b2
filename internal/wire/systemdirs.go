package wire

import (
	"path"
	"slices"
	"strings"
)

// systemDirs are nobody's to give away or to relabel, on a host and in a container.
var systemDirs = []string{
	"/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/media", "/mnt", "/opt", "/proc",
	"/run", "/run/user", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/sbin",
	"/usr/share", "/var", "/var/cache", "/var/lib", "/var/log", "/var/run", "/var/tmp",
}

// IsSystemDir says whether p is a directory of the system's, and not a user's, whatever
// a user's passwd entry says: it is "/" for many services' users.
func IsSystemDir(p string) bool {
	p = path.Clean(p)
	return slices.Contains(systemDirs, p) ||
		slices.ContainsFunc([]string{"/dev/", "/proc/", "/sys/"}, func(top string) bool { return strings.HasPrefix(p+"/", top) })
}
