// Package mountinfo reads what proc_pid_mountinfo(5) says of mounts.
package mountinfo

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Mount is one of them.
type Mount struct {
	ID, Parent uint64
	Root       string // the directory of its file system that is mounted
	Point      string // where
}

// Parse gives all that can be read, whatever the error.
func Parse(info string) (mounts []Mount, err error) {
	for line := range strings.Lines(info) {
		f := strings.Fields(line)
		if len(f) < 5 {
			err = errors.New("half a line is no mount")
			continue
		}
		id, idErr := strconv.ParseUint(f[0], 10, 64)
		parent, parentErr := strconv.ParseUint(f[1], 10, 64)
		if idErr != nil || parentErr != nil {
			err = errors.Join(idErr, parentErr)
			continue
		}
		mounts = append(mounts, Mount{ID: id, Parent: parent, Root: unescape.Replace(f[3]), Point: unescape.Replace(f[4])})
	}
	return mounts, err
}

// Of finds the mount with an id.
func Of(mounts []Mount, id uint64) (Mount, bool) {
	i := slices.IndexFunc(mounts, func(m Mount) bool { return m.ID == id })
	if i < 0 {
		return Mount{}, false
	}
	return mounts[i], true
}

// unescape undoes what the kernel does to the bytes that end a field.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
