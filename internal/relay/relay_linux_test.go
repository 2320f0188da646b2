package relay

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/join"
	"ctenv/internal/wire"
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
		for _, word := range []bool{true, false} {
			s := &wire.Serve{Word: fmt.Sprintf("%032x", 2*os.Getpid())}
			listener := listenAs(t, s.Socket(), uid)
			shown := make(chan error, 1)
			go func() {
				server, err := join.Accept(listener)
				if err == nil {
					err = server.Shown(s.RelayProof())
					proof := s.ServerProof()
					if !word {
						proof = s.RelayProof() // as it has come
					}
					_ = server.Show(proof)
					server.Close()
				}
				shown <- err
			}()
			conn, err := Dial(s)
			if (err == nil) != (uid == 0 && word) {
				t.Errorf("a server of uid %d, with the word: %v: %v", uid, word, err)
			}
			if err == nil {
				conn.Close()
			}
			if err := <-shown; (err == nil) != (uid == 0) {
				t.Errorf("uid %d is shown the proof: %v", uid, err)
			}
			listener.Close()
		}
	}
}
