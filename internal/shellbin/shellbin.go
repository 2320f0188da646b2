//go:build linux

// Package shellbin holds the program ctenv-shell, compressed. As part of
// ctenv-init's own code the shell would make every start a third slower, and
// hardly any image needs it.
package shellbin

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Exec replaces this process with the shell. args[0] is a program that calls Exec
// with the arguments it gets; env holds "NAME=value" strings. It returns only an
// error.
func Exec(args, env []string) error {
	fd, err := load()
	if err != nil {
		return fmt.Errorf("the built-in shell: %w", err)
	}
	// Preferred to execveat(2): syscall.Exec takes back the limit of open files that
	// Go has raised.
	err = syscall.Exec(fmt.Sprintf("/proc/self/fd/%d", fd), args, env)
	if err == unix.ENOENT { // there is no /proc
		err = execFile(fd, args, env)
	}
	return fmt.Errorf("starting the built-in shell: %w", err)
}

// load unpacks the shell into a memory file: the image may have no directory that can
// be written to.
func load() (fd int, err error) {
	packed, err := embedded.Open(dir + "/ctenv-shell.gz")
	if errors.Is(err, fs.ErrNotExist) {
		return -1, errors.New("this ctenv-init was built without it; build it with: make build")
	}
	if err != nil {
		return -1, err
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		return -1, err
	}
	fd, err = unix.MemfdCreate("ctenv-shell", unix.MFD_CLOEXEC|unix.MFD_EXEC)
	if err == unix.EINVAL { // before Linux 6.3, where all of them can be executed
		fd, err = unix.MemfdCreate("ctenv-shell", unix.MFD_CLOEXEC)
	}
	if err != nil {
		return -1, fmt.Errorf("making a memory file: %w", err)
	}
	_, err = io.Copy(memory(fd), unpacked)
	return fd, err
}

// memory is a descriptor to write to. os.File would have Go's poller look at it.
type memory int

func (m memory) Write(b []byte) (done int, err error) {
	for done < len(b) {
		n, err := unix.Write(int(m), b[done:])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

// execFile is fexecve(3), without /proc.
func execFile(fd int, args, env []string) error {
	path, err := unix.BytePtrFromString("")
	if err != nil {
		return err
	}
	argv, err := syscall.SlicePtrFromStrings(args)
	if err != nil {
		return err
	}
	envv, err := syscall.SlicePtrFromStrings(env)
	if err != nil {
		return err
	}
	_, _, errno := unix.RawSyscall6(unix.SYS_EXECVEAT, uintptr(fd), uintptr(unsafe.Pointer(path)),
		uintptr(unsafe.Pointer(&argv[0])), uintptr(unsafe.Pointer(&envv[0])), unix.AT_EMPTY_PATH, 0)
	return errno
}
