package join

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Dir is the caller's own directory for the sockets of containers that stay. Each has
// a random name, and further names by which it is found without asking an engine:
// symlinks.
type Dir struct {
	f *os.File
}

// OpenDir opens the directory at path, which has to be the caller's alone; with make
// it is made where it is missing.
func OpenDir(path string, make bool) (*Dir, error) {
	if make {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	d := &Dir{os.NewFile(uintptr(fd), path)}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		d.Close()
		return nil, err
	}
	if int(st.Uid) != os.Geteuid() || st.Mode&0o077 != 0 {
		d.Close()
		return nil, fmt.Errorf("%q has to be yours alone, of mode 0700", path)
	}
	return d, nil
}

// Close closes the directory.
func (d *Dir) Close() error { return d.f.Close() }

// at is a path that is short enough for a socket (unix(7): 107 bytes), and leads to
// the directory that was opened, whatever has become of its name.
func (d *Dir) at(name string) string {
	return "/proc/self/fd/" + strconv.Itoa(rawFD(d.f)) + "/" + name
}

// errName is of a name that could lead out of the directory.
var errName = errors.New("it is no name of a socket")

func isName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.Contains(name, "/")
}

// Listen makes a socket of that name. It goes when Remove says so.
func (d *Dir) Listen(name string) (*os.File, error) {
	if !isName(name) {
		return nil, errName
	}
	return Listen(d.at(name))
}

// Alias gives a socket one more name, in one step.
func (d *Dir) Alias(name, alias string) error {
	if !isName(name) || !isName(alias) {
		return errName
	}
	temp := name + "." + alias
	if err := unix.Symlinkat(name, rawFD(d.f), temp); err != nil {
		return err
	}
	err := unix.Renameat(rawFD(d.f), temp, rawFD(d.f), alias)
	if err != nil {
		d.Remove(temp)
	}
	return err
}

// Remove takes names away.
func (d *Dir) Remove(name string) {
	if isName(name) {
		_ = unix.Unlinkat(rawFD(d.f), name, 0)
	}
}

// Dial connects to the socket of that name, and makes sure that the caller has made
// it. One where nobody listens any more is removed, and is like none: fs.ErrNotExist.
func (d *Dir) Dial(name string) (Link, error) {
	if !isName(name) {
		return nil, errName
	}
	target := d.target(name)
	conn, err := Dial(d.at(name))
	switch {
	case errors.Is(err, unix.ECONNREFUSED):
		d.removeDead(name, target)
		return nil, fs.ErrNotExist
	case err != nil:
		return nil, err
	}
	uid, _, err := conn.Peer()
	if err == nil && uid != os.Geteuid() {
		err = errors.New("another user has made the socket")
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// target is where a name leads that is an alias, "" for any other.
func (d *Dir) target(name string) string {
	buf := make([]byte, 256)
	n, err := unix.Readlinkat(rawFD(d.f), name, buf)
	if err != nil {
		return ""
	}
	return string(buf[:n])
}

// removeDead removes a name, and the socket that it led to before nobody answered there.
// Another one may have taken the name meanwhile, since names are given anew by who cannot
// connect: its socket lives.
func (d *Dir) removeDead(name, target string) {
	d.Remove(target)
	if d.target(name) == target {
		d.Remove(name)
	}
}

// maxSweep caps how many names Sweep looks at, and sweepAge is how old those are that
// it may remove.
const (
	maxSweep = 200
	sweepAge = time.Minute
)

// Sweep removes what containers have left that ended without ctenv.
func (d *Dir) Sweep() {
	again, err := os.Open(d.at("."))
	if err != nil {
		return
	}
	defer again.Close()
	names, _ := again.Readdirnames(maxSweep)
	for _, name := range names {
		// One that is being made does not listen yet.
		info, err := os.Lstat(d.at(name))
		if err != nil || info.Mode()&(fs.ModeSocket|fs.ModeSymlink) == 0 || time.Since(info.ModTime()) < sweepAge {
			continue // or it is another's: locks are here too
		}
		if conn, err := Dial(d.at(name)); err == nil {
			conn.Close()
		} else if errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.ENOENT) {
			d.Remove(name)
		}
	}
}
