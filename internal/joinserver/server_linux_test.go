package joinserver

import (
	"fmt"
	"io"
	"os"
	"testing"

	"ctenv/internal/join"
)

// TestAcceptOfOthers: who is not the user that a socket is for gets no word out of it,
// be the socket within reach or not.
func TestAcceptOfOthers(t *testing.T) {
	me := os.Getuid()
	for served, uid := range []int{me + 1, me} {
		name := fmt.Sprintf("@ctenv-joinserver-test-%d-%d", os.Getpid(), uid)
		listener, err := join.Listen(name)
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		s := New(Config{UID: me}, nil)
		go s.Accept(listener, uid)
		conn, err := join.Dial(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := conn.Receive()
		switch {
		case served == 0 && err != io.EOF:
			t.Errorf("a socket for uid %d tells uid %d %q, error %v", uid, me, f.Payload, err)
		case served == 1 && (err != nil || f.Kind != join.KindHello):
			t.Errorf("a socket for uid %d tells uid %d %q, error %v", uid, me, f.Payload, err)
		}
		conn.Close()
	}
}
