package host

import "golang.org/x/sys/unix"

// Free is how many bytes the caller may still write where a directory lies, 0 where that is
// not known.
func Free(dir string) uint64 {
	var fs unix.Statfs_t
	if unix.Statfs(dir, &fs) != nil {
		return 0
	}
	return uint64(fs.Bavail) * uint64(fs.Bsize)
}
