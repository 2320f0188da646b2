//go:build linux

package setup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// What stands in the folder of a container that stays.
const (
	readyName     = "ready"    // the result of set-up; that it is there is the ready mark
	sessionPrefix = "session-" // a command that runs
)

// maxReady caps the result of set-up, in bytes: the kernel takes an environment of
// 2 MiB, which JSON may make six times as long.
const maxReady = 12 << 20

// readyPoll is how often those who wait look for the ready mark.
const readyPoll = 10 * time.Millisecond

// ready is what set-up ended with. The ctenv-init that reads it is the one that
// wrote it.
type ready struct {
	User  wire.User   `json:"user"`
	Shell wire.Text   `json:"shell"`
	Chown []wire.Text `json:"chown"`
	Env   []wire.Text `json:"env"`
}

// stayDir is the folder for what only root reads.
type stayDir struct{ fd int }

// openStay opens the folder, and makes sure that it is what ctenv has mounted: a
// tmpfs of root's that nobody else can look into. No symlink is followed.
func openStay(r *rootfs) (stayDir, error) {
	d, err := openStayAt(r)
	if err != nil {
		err = fmt.Errorf("%q: %w", wire.StayDir, err)
	}
	return d, err
}

func openStayAt(r *rootfs) (stayDir, error) {
	fd, err := openIn(r.fd, strings.TrimPrefix(wire.StayDir, "/"), unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return stayDir{-1}, err
	}
	if err := verifyStay(r, fd); err != nil {
		unix.Close(fd)
		return stayDir{-1}, err
	}
	return stayDir{fd}, nil
}

func verifyStay(r *rootfs, fd int) error {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(fd, &fs); err != nil {
		return err
	}
	if fs.Type != unix.TMPFS_MAGIC || r.owns(fd) {
		return errors.New("it is not the tmpfs of a container that stays")
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Uid != 0 || st.Mode&0o077 != 0 {
		return errors.New("others than root can look into it")
	}
	return nil
}

func (d stayDir) close() { unix.Close(d.fd) }

// publish writes the result of set-up, whole or not at all.
func (d stayDir) publish(result ready) error {
	data, err := json.Marshal(result)
	if err != nil {
		return err
	}
	temp := "." + readyName
	if err := d.create(temp, data); err != nil {
		return err
	}
	return unix.Renameat(d.fd, temp, d.fd, readyName)
}

// create makes a file that only root can read.
func (d stayDir) create(name string, data []byte) error {
	fd, err := unix.Openat(d.fd, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return writeFD(fd, data)
}

// read reads a file that create has made, of limit bytes at most.
func (d stayDir) read(name string, limit int) ([]byte, error) {
	fd, err := unix.Openat(d.fd, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var st, dir unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, err
	}
	if err := unix.Fstat(d.fd, &dir); err != nil {
		return nil, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Uid != 0 || st.Mode&0o077 != 0 || st.Dev != dir.Dev {
		return nil, errors.New("it is not the file that set-up made")
	}
	return readFD(fd, limit)
}

// isReady says whether set-up is over.
func (d stayDir) isReady() bool {
	var st unix.Stat_t
	return unix.Fstatat(d.fd, readyName, &st, unix.AT_SYMLINK_NOFOLLOW) == nil
}

// await returns the result of set-up as soon as it is there. Where set-up fails,
// the container ends, and whoever waits with it.
func (d stayDir) await() (ready, error) {
	for !d.isReady() {
		time.Sleep(readyPoll)
	}
	var result ready
	data, err := d.read(readyName, maxReady)
	if err != nil {
		return result, fmt.Errorf("reading the result of set-up: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&result); err != nil {
		return result, fmt.Errorf("reading the result of set-up: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return result, errors.New("reading the result of set-up: something follows it")
	}
	return result, nil
}
