package relay

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/join"
)

// listenAs makes a socket as a user, on a thread that ends with it: who listens is noted
// by then (unix(7), SO_PEERCRED).
func listenAs(t *testing.T, name string, uid int) *os.File {
	t.Helper()
	type made struct {
		listener *os.File
		err      error
	}
	done := make(chan made)
	go func() {
		runtime.LockOSThread() // for good
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(uid), uintptr(uid), uintptr(uid)); errno != 0 {
			done <- made{nil, errno}
			return
		}
		listener, err := join.Listen(name)
		done <- made{listener, err}
	}()
	m := <-done
	if m.err != nil {
		t.Fatal(m.err)
	}
	return m.listener
}

// Whoever could take the server's name in the container is not spoken to.
func TestDialOfOthers(t *testing.T) {
	uids := []int{os.Getuid()}
	if os.Getuid() == 0 {
		uids = append(uids, 4242)
	}
	for _, uid := range uids {
		name := fmt.Sprintf("@ctenv-relay-test-%d-%d", os.Getpid(), uid)
		listener := listenAs(t, name, uid)
		conn, err := Dial(name)
		if (err == nil) != (uid == 0) {
			t.Errorf("a server of uid %d: %v", uid, err)
		}
		if err == nil {
			conn.Close()
		}
		listener.Close()
	}
}
