package engine

import "golang.org/x/sys/unix"

// unfit tells whether containers cannot use a program at path: none may be executed
// from there (mount(8), noexec), which holds for a bind mount of it too, or it lies on a
// file system of FUSE, which without allow_other answers nobody but who mounted it.
func unfit(path string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && (fs.Flags&unix.ST_NOEXEC != 0 || fs.Type == unix.FUSE_SUPER_MAGIC)
}
