// Package handover gives descriptors of this process to ctenv-init in a container, over a
// socket that is mounted there, in a directory of its own for each run.
package handover

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// Grace is how long after the start of a container ctenv-init may take to ask
// for what it is given. It is the first that it does, so it has done so by then, or cannot.
const Grace = time.Second

// WitnessGrace is that for a container whose streams do not wait for it.
const WitnessGrace = 10 * time.Second

// Handover gives descriptors of this process to a container's ctenv-init, which
// fetches them from a socket that is mounted into the container. Whether it could is
// settled in one place, by what it answers: an engine on another kernel, a policy that
// forbids it or a lost race leave the engine's own ways.
type Handover struct {
	Dir *Dir   // has the socket in it, nobody else's
	Ask string // the word that it is asked by, as wire.Request.Streams

	listener *net.UnixListener

	targets []byte // what the descriptors are, as wire.Request.Streams has them
	theirs  []int  // the descriptors, in that order

	settled chan struct{} // closed once it is known whether they are used
	used    bool
}

// Offer waits for who asks for the descriptors. The socket is made below parent, which
// the engine has to see. It takes the descriptors over, whatever becomes of it.
func Offer(parent string, targets []byte, theirs []int) (*Handover, error) {
	return offerIn(func() (*Dir, error) { return NewDir(parent) }, targets, theirs)
}

// OfferWitness has ctenv-init of a container whose streams are the engine's say that it
// runs. The caller of a detached run has gone when its
// container is started again, so that one's socket is in a directory that stays.
func OfferWitness(parent string, stays bool) (*Handover, error) {
	null, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return offerIn(func() (*Dir, error) {
		if stays {
			return NewSlot(parent)
		}
		return NewDir(parent)
	}, []byte{wire.StreamsWitness}, []int{null})
}

func offerIn(where func() (*Dir, error), targets []byte, theirs []int) (h *Handover, err error) {
	h = &Handover{Ask: NewWord(), targets: targets, theirs: theirs, settled: make(chan struct{})}
	if h.Dir, err = where(); err == nil {
		err = h.listen()
	}
	if err != nil {
		h.giveUp()
		return nil, err
	}
	go h.give()
	return h, nil
}

// Parent is dir, made where it is missing, or "" where a socket in it would be of no use.
func Parent(dir string) string {
	if dir == "" || enforcesSELinux() || os.MkdirAll(dir, 0o755) != nil {
		return ""
	}
	return dir
}

// Socket is the path that ctenv-init has to find at the request's StreamsPath.
func (h *Handover) Socket() string { return filepath.Join(h.Dir.Path, socketName) }

// enforcesSELinux says that a container may not connect to a process outside.
func enforcesSELinux() bool {
	on, err := os.ReadFile("/sys/fs/selinux/enforce")
	return err == nil && strings.TrimSpace(string(on)) == "1"
}

func (h *Handover) listen() (err error) {
	dir := h.Dir.file
	// A socket's path is at most 107 bytes long (unix(7)); this one is short.
	short := "/proc/self/fd/" + strconv.Itoa(int(dir.Fd())) + "/" + socketName
	if h.listener, err = net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"}); err != nil {
		return err
	}
	h.listener.SetUnlinkOnClose(false) // it goes, or stays, with its directory
	// The directory keeps others out. Root in the container may be anybody here.
	return chmodSocket(int(dir.Fd()), 0o666)
}

// chmodSocket changes the mode of the socket in a directory, and of nothing else that
// may have taken its place.
func chmodSocket(dir int, mode uint32) error {
	fd, err := unix.Openat(dir, socketName, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return fmt.Errorf("the socket has been replaced: %v", err)
	}
	return unix.Chmod("/proc/self/fd/"+strconv.Itoa(fd), mode)
}

// give hands the container's ends to the first who asks for them as only ctenv-init
// can, and settles whether they are used.
func (h *Handover) give() {
	defer close(h.settled)
	defer h.giveUp()
	for {
		conn, err := h.listener.AcceptUnix()
		if err != nil {
			return
		}
		asked := h.giveTo(conn)
		conn.Close()
		if asked {
			return
		}
	}
}

// giveTo serves one connection and says whether it was ctenv-init's.
func (h *Handover) giveTo(conn *net.UnixConn) (asked bool) {
	_ = conn.SetDeadline(time.Now().Add(Grace))
	ask := make([]byte, len(h.Ask))
	if _, err := io.ReadFull(conn, ask); err != nil || subtle.ConstantTimeCompare(ask, []byte(h.Ask)) != 1 {
		return false
	}
	var answer [1]byte
	if _, _, err := conn.WriteMsgUnix(h.targets, unix.UnixRights(h.theirs...), nil); err == nil {
		_, err = io.ReadFull(conn, answer[:])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			// ctenv itself may have stood still: what has come meanwhile counts.
			_ = conn.SetDeadline(time.Now().Add(Grace))
			_, err = io.ReadFull(conn, answer[:])
		}
		h.used = err == nil && answer[0] == wire.StreamsTaken
	}
	return true
}

// giveUp closes what is not ours: from here on nobody can take the pipes.
func (h *Handover) giveUp() {
	if h.listener != nil {
		_ = h.listener.Close()
	}
	for _, fd := range h.theirs {
		unix.Close(fd)
	}
	h.Dir.Release()
}

// Expire has the engine's streams used unless ctenv-init comes within a time.
func (h *Handover) Expire(within time.Duration) { _ = h.listener.SetDeadline(time.Now().Add(within)) }

// Settled is closed when it is known whether the descriptors are used.
func (h *Handover) Settled() <-chan struct{} { return h.settled }

// IsUsed waits until it is settled whether the descriptors are used.
func (h *Handover) IsUsed() bool {
	<-h.settled
	return h.used
}

// Close takes back what nobody has asked for.
func (h *Handover) Close() {
	_ = h.listener.Close()
	<-h.settled
}
