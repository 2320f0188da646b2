package fakeengine

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// Result is what a run returns.
type Result struct {
	Code int
	Err  error
}

// Go has run go on by itself.
func Go(run func() (code int, err error)) <-chan Result {
	done := make(chan Result, 1)
	go func() {
		code, err := run()
		done <- Result{code, err}
	}()
	return done
}

// Ends waits for a run that signals have to end.
func Ends(t *testing.T, done <-chan Result, code int) {
	t.Helper()
	select {
	case r := <-done:
		if r.Code != code || r.Err != nil {
			t.Errorf("got %d, %v, want %d", r.Code, r.Err, code)
		}
	case <-time.After(time.Minute):
		t.Error("it goes on")
	}
}

// Interrupt sends this process a signal and returns when it has been received: two at
// once arrive in any order.
func Interrupt(t *testing.T, sig syscall.Signal) {
	t.Helper()
	received := make(chan os.Signal, 1)
	signal.Notify(received, sig)
	defer signal.Stop(received)
	if err := syscall.Kill(os.Getpid(), sig); err != nil {
		t.Fatal(err)
	}
	<-received
}

// OpenInput has a command wait for input.
func OpenInput(t *testing.T) *os.File {
	in, end, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); end.Close() })
	return in
}
