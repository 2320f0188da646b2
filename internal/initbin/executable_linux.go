package initbin

import "golang.org/x/sys/unix"

// executable tells whether programs can be started from a directory.
func executable(dir string) bool {
	var st unix.Statfs_t
	return unix.Statfs(dir, &st) == nil && st.Flags&unix.ST_NOEXEC == 0
}
