//go:build linux

package coreutils

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// copier copies files and directories, for cp and for mv between file systems.
type copier struct {
	c         *Call
	recursive bool
	follow    bool // symlinks
	preserve  bool // owner, mode, times and hard links
	force     bool // replace what cannot be written
	noClobber bool
	options   options // for -v

	into  fs.FileInfo          // the directory made first, which is not copied into itself
	links map[[2]uint64]string // by device and inode
}

// errIntoItself says that a directory would be copied for ever.
var errIntoItself = errors.New("it cannot be copied into itself")

// copy copies one entry. What goes wrong below a directory is written, and the rest
// is still copied.
func (p *copier) copy(from, to string) {
	if err := p.copyEntry(from, to); err != nil {
		p.c.fail(from, err)
	}
}

func (p *copier) copyEntry(from, to string) error {
	src, dst := p.c.path(from), p.c.path(to)
	stat := os.Lstat
	if p.follow {
		stat = os.Stat
	}
	info, err := stat(src)
	if err != nil {
		return err
	}
	there, err := os.Lstat(dst)
	exists := err == nil
	if target, err := os.Stat(dst); exists && err == nil && !info.IsDir() && info.Mode().IsRegular() {
		there = target // a file is written through a symlink
	}
	if exists && info.Mode().IsRegular() && there.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("%q is a symlink to nowhere, which is not written through", to)
	}
	if exists && os.SameFile(info, there) {
		return fmt.Errorf("%q is the same file", to)
	}
	if exists && p.noClobber && !info.IsDir() {
		return nil
	}
	if exists && there.IsDir() && !info.IsDir() {
		return fmt.Errorf("%q is a directory, which a file cannot replace", to)
	}
	st := info.Sys().(*syscall.Stat_t)
	key := [2]uint64{st.Dev, st.Ino}
	if earlier, ok := p.links[key]; ok && !info.IsDir() {
		if exists {
			os.Remove(dst)
		}
		return os.Link(earlier, dst)
	}

	switch {
	case info.IsDir():
		err = p.copyDir(from, to, info)
	case info.Mode()&fs.ModeSymlink != 0:
		err = copySymlink(src, dst, exists)
	case info.Mode().IsRegular() || !p.recursive:
		err = p.copyFile(src, dst, info, exists)
	default:
		err = unix.Mknod(dst, st.Mode, int(st.Rdev))
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		p.c.verbosely(p.options, "'%s' -> '%s'", from, to)
	}
	if !p.preserve {
		return nil
	}
	if st.Nlink > 1 && !info.IsDir() {
		p.links[key] = dst
	}
	return preserve(dst, info)
}

func copySymlink(src, dst string, exists bool) error {
	target, err := os.Readlink(src)
	if err != nil {
		return err
	}
	if exists {
		if err := os.Remove(dst); err != nil {
			return err
		}
	}
	return os.Symlink(target, dst)
}

func (p *copier) copyFile(src, dst string, info fs.FileInfo, exists bool) (err error) {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, info.Mode().Perm())
	if err != nil && exists && p.force {
		if err = os.Remove(dst); err == nil {
			out, err = os.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
		}
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}

func (p *copier) copyDir(from, to string, info fs.FileInfo) error {
	if !p.recursive {
		return errors.New("it is a directory, which takes -r")
	}
	if p.into != nil && os.SameFile(info, p.into) {
		return errIntoItself
	}
	src, dst := p.c.path(from), p.c.path(to)
	made := os.Mkdir(dst, info.Mode().Perm()|0o700)
	there, err := os.Stat(dst)
	switch {
	case err != nil:
		return made
	case !there.IsDir():
		return fmt.Errorf("%q is no directory, and a directory cannot replace it", to)
	case p.into == nil:
		p.into = there
	}
	entries, err := os.ReadDir(src)
	for _, entry := range entries {
		p.copy(from+"/"+entry.Name(), to+"/"+entry.Name())
	}
	if err != nil {
		return err
	}
	if made == nil && info.Mode().Perm()&0o700 != 0o700 {
		return os.Chmod(dst, fileMode(bits(info.Mode())&^Umask()))
	}
	return nil
}

// preserve gives path the owner, mode and times of another file. The owner comes
// first, since changing it clears setuid bits; only root can change it.
func preserve(path string, info fs.FileInfo) error {
	st := info.Sys().(*syscall.Stat_t)
	if err := os.Lchown(path, int(st.Uid), int(st.Gid)); err != nil && os.Geteuid() == 0 {
		return err
	}
	if info.Mode()&fs.ModeSymlink == 0 {
		if err := os.Chmod(path, fileMode(bits(info.Mode()))); err != nil {
			return err
		}
	}
	times := []unix.Timespec{{Sec: st.Atim.Sec, Nsec: st.Atim.Nsec}, {Sec: st.Mtim.Sec, Nsec: st.Mtim.Nsec}}
	return unix.UtimesNanoAt(unix.AT_FDCWD, path, times, unix.AT_SYMLINK_NOFOLLOW)
}
