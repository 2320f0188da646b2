package joinserver

import (
	"fmt"
	"io"
	"os"
	"testing"
	"time"

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
		go s.Accept(listener, uid, true)
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

// TestLateFrames: what a client says after its command's end holds nothing of it.
func TestLateFrames(t *testing.T) {
	name := fmt.Sprintf("@ctenv-joinserver-late-%d", os.Getpid())
	listener, err := join.Listen(name)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := New(Config{UID: os.Getuid()}, nil)
	go s.Accept(listener, os.Getuid(), true)
	conn, err := join.Dial(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Receive(); err != nil {
		t.Fatal(err)
	}
	request, err := join.Encode(join.Request{Op: join.OpStatus})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Send(join.KindRequest, request); err != nil {
		t.Fatal(err)
	}
	if f, err := conn.Receive(); err != nil || f.Kind != join.KindAnswer {
		t.Fatal(f, err)
	}
	for range 3 {
		if err := conn.Send(join.KindSignal, []byte{15}); err != nil {
			t.Fatal(err)
		}
	}
	conn.Close()
	for late := time.Now().Add(time.Minute); s.count(0) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("the client has gone, and is still served")
		}
	}
}
