//go:build linux

package coreutils

import (
	"io/fs"
	"os"
)

// files is a directory whose entries change: *os.Root, which no symlink leads out of,
// or the system's, for the operands themselves.
type files interface {
	Chmod(name string, mode fs.FileMode) error
	Lchown(name string, uid, gid int) error
	OpenRoot(name string) (*os.Root, error)
}

type system struct{}

func (system) Chmod(name string, mode fs.FileMode) error { return os.Chmod(name, mode) }
func (system) Lchown(name string, uid, gid int) error    { return os.Lchown(name, uid, gid) }
func (system) OpenRoot(name string) (*os.Root, error)    { return os.OpenRoot(name) }

// walk calls visit for an entry and then, when it is a directory, for everything in
// it. Each directory is held open on the way down, so one that is swapped for a
// symlink meanwhile leads nowhere else. shown is the path for messages.
func (c *Call) walk(in files, name, shown string, info fs.FileInfo, visit func(in files, name string, info fs.FileInfo) error) {
	if err := visit(in, name, info); err != nil {
		c.fail(shown, err)
	}
	if !info.IsDir() {
		return
	}
	directory, err := in.OpenRoot(name)
	if err != nil {
		c.fail(shown, err)
		return
	}
	defer directory.Close()
	names, err := namesIn(directory)
	if err != nil {
		c.fail(shown, err)
	}
	for _, name := range names {
		info, err := directory.Lstat(name)
		if err != nil {
			c.fail(shown+"/"+name, err)
			continue
		}
		c.walk(directory, name, shown+"/"+name, info, visit)
	}
}

func namesIn(directory *os.Root) ([]string, error) {
	f, err := directory.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}
