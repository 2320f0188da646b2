//go:build linux

package account

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/saferoot"
)

// Where sudoers(5) is; the second where the distribution's own part of /etc lives
// below /usr.
var sudoersFiles = []string{"/etc/sudoers", "/usr/etc/sudoers"}

// No dot: sudo ignores files with one in their name.
const sudoersRule = "/etc/sudoers.d/ctenv"

// AllowSudo writes the rule that lets uid become anyone without a password, and
// returns the file. The uid and not the name: names of directory services hold
// characters that sudoers reads as something else.
func AllowSudo(r *saferoot.Root, uid int) (string, error) {
	rule := fmt.Sprintf("#%d ALL=(ALL:ALL) NOPASSWD: ALL\n", uid)
	for _, name := range sudoersFiles {
		f, err := r.Read(name)
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil {
			return "", err
		}
		defer f.Close()
		if !f.Exists {
			continue
		}
		if includesDir(string(f.Data), path.Dir(sudoersRule)) {
			err := writeRule(r, sudoersRule, []byte(rule))
			// sudo takes no offence at a directory that is missing.
			if !errors.Is(err, unix.ENOENT) {
				return sudoersRule, err
			}
		}
		text := editSudoers(f.Data, strings.TrimSuffix(rule, "\n"))
		if len(text) == len(f.Data) {
			return name, nil
		}
		return name, r.Write(f, text, 0o440)
	}
	return "", fmt.Errorf("neither %q nor %q is there", sudoersFiles[0], sudoersFiles[1])
}

// editSudoers returns a sudoers file with rule as its last line, unless it is a line
// of it already. A line that ends in a backslash goes on in the next one
// (sudoers(5)), so an empty one comes between.
func editSudoers(data []byte, rule string) []byte {
	goesOn := false
	for _, line := range entries(data) {
		if line == rule && !goesOn {
			return data
		}
		goesOn = strings.HasSuffix(line, `\`)
	}
	if goesOn {
		data = insertLine(data, len(data), "")
	}
	return insertLine(data, len(data), rule)
}

// writeRule writes a file that sudo accepts: root's, mode 0440.
func writeRule(r *saferoot.Root, name string, rule []byte) error {
	f, err := r.Read(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if f.Exists && string(f.Data) == string(rule) && isRule(f.Stat) {
		return nil
	}
	f.Exists = false // what is there is replaced, with its owner and mode
	if err := r.Write(f, rule, 0o440); err != nil {
		return err
	}
	if !isRule(f.Stat) {
		return fmt.Errorf("%q is %d:%d with mode %04o, which sudo refuses", name, f.Stat.Uid, f.Stat.Gid, f.Stat.Mode&0o7777)
	}
	return nil
}

func isRule(st unix.Stat_t) bool { return st.Uid == 0 && st.Gid == 0 && st.Mode&0o7777 == 0o440 }

// includesDir says that a sudoers file includes all files of a directory, as
// "@includedir" or, before sudo 1.9.1, "#includedir".
func includesDir(sudoers, directory string) bool {
	for line := range strings.Lines(sudoers) {
		f := strings.Fields(line)
		if len(f) == 2 && (f[0] == "@includedir" || f[0] == "#includedir") && strings.Trim(f[1], `"`) == directory {
			return true
		}
	}
	return false
}
