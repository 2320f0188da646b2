//go:build unix && !linux

package host

import (
	"os"
	"path/filepath"
	"syscall"

	"ctenv/internal/look"
)

// stat has no identity of what it saw: containers run on another kernel than this one.
func stat(p string) look.Path {
	info, err := os.Stat(p)
	switch {
	case os.IsNotExist(err):
		return look.Path{}
	case err != nil:
		return look.Path{Err: cause(err)}
	}
	seen := look.Path{Exists: true, Dir: info.IsDir(), Regular: info.Mode().IsRegular(), Real: realPath(p), GroupWrites: info.Mode()&0o020 != 0, Mode: uint32(info.Mode().Perm())}
	st := info.Sys().(*syscall.Stat_t)
	seen.UID, seen.GID = int(st.Uid), int(st.Gid)
	seen.Mine = seen.UID == os.Getuid() || subordinate(seen.UID)
	return seen
}

func evalSymlinks(p string) (string, error) { return filepath.EvalSymlinks(p) }

func mountPoints() []string { return nil }

func kernel() (boot, uidMap string) { return "", "" }
