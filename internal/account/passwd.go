package account

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// entry is one of passwd(5).
type entry struct {
	name     string
	uid, gid int
	home     string
	shell    string

	// workdir is where the command will run, "" where the engine makes no accounts.
	workdir string
}

// newPasswd is what a missing /etc/passwd starts from.
const newPasswd = "root:*:0:0:root:/root:/bin/sh\n"

// line is the account in the format of passwd(5). The password is "*", which
// matches none; "x" would make sudo refuse an account without a shadow entry.
func (a entry) line() string {
	return fmt.Sprintf("%s:*:%d:%d::%s:%s", a.name, a.uid, a.gid, a.home, a.shell)
}

// editPasswd returns the text of a passwd file in which a's name and uid resolve
// to a. C libraries take the first entry that matches, so ours goes before the
// first one that shares its name or uid; every other line stays byte for byte.
// shadowed says that the name will have an entry in a shadow file.
func editPasswd(data []byte, a entry, shadowed bool) []byte {
	data = rootAtHome(realRoot(data, newPasswd), a.workdir)
	for off, line := range entries(data) {
		if !isCompat(line) && !a.shares(line) {
			continue
		}
		if a.equals(line, shadowed) {
			return data
		}
		return insertLine(data, off, a.line())
	}
	return insertLine(data, len(data), a.line())
}

// realRoot replaces what podman writes for root into an account file that the
// image lacks, a line whose name is the number 0.
func realRoot(data []byte, root string) []byte {
	for off, line := range entries(data) {
		f := strings.Split(line, ":")
		if len(f) > 3 && f[0] == "0" && f[2] == "0" {
			rest := strings.TrimPrefix(strings.TrimPrefix(string(data[off:]), line), "\n")
			return []byte(string(data[:off]) + root + rest)
		}
	}
	return data
}

// rootAtHome gives root its home in a passwd file that podman 5 has made: there it is
// the container's working directory, the project, whose files would be root's settings.
func rootAtHome(data []byte, workdir string) []byte {
	for off, line := range entries(data) {
		home, ok := strings.CutPrefix(line, "root:*:0:0:root:")
		home, made := strings.CutSuffix(home, ":/bin/sh")
		if !ok || !made || home == "/root" || workdir == "" {
			continue
		}
		if home == "/" || strings.HasPrefix(workdir+"/", home+"/") {
			rest := strings.TrimPrefix(strings.TrimPrefix(string(data[off:]), line), "\n")
			return []byte(string(data[:off]) + newPasswd + rest)
		}
	}
	return data
}

func (a entry) shares(line string) bool {
	if sharesName(line, a.name) {
		return true
	}
	f := strings.Split(line, ":")
	return len(f) > 2 && sharesID(f[2], a.uid)
}

// equals says that a line needs no correction. The same shell in another directory
// is the same: /bin/bash and /usr/bin/bash are one file in most images.
func (a entry) equals(line string, shadowed bool) bool {
	f := strings.Split(line, ":")
	return len(f) == 7 && f[0] == a.name && (f[1] != "x" || shadowed) &&
		f[2] == strconv.Itoa(a.uid) && f[3] == strconv.Itoa(a.gid) &&
		f[5] == a.home && path.Base(f[6]) == path.Base(a.shell)
}

// resolves checks that the name and the uid lead to a, as getpwnam(3) and
// getpwuid(3) find them.
func (a entry) resolves(data []byte) error {
	byName, byUID := false, false
	for _, line := range entries(data) {
		f := strings.Split(line, ":")
		if len(f) != 7 || isCompat(line) {
			continue
		}
		uid := strconv.Itoa(a.uid)
		if (f[0] == a.name && !byName) || (f[2] == uid && !byUID) {
			if f[0] != a.name || f[2] != uid || f[3] != strconv.Itoa(a.gid) || f[5] != a.home {
				return fmt.Errorf("%q and uid %d resolve to %q", a.name, a.uid, line)
			}
			byName, byUID = true, true
		}
	}
	if !byName {
		return fmt.Errorf("%q does not resolve", a.name)
	}
	return nil
}
