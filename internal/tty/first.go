package tty

import (
	"os"
	"os/signal"
	"syscall"
)

// OnFirst calls do with the first of some signals that this process gets, until stop is
// called. One that it was started to ignore stays ignored; one more after the first has
// its usual effect.
func OnFirst(do func(syscall.Signal), signals ...os.Signal) (stop func()) {
	var all []os.Signal
	for _, sig := range signals {
		if !signal.Ignored(sig) {
			all = append(all, sig)
		}
	}
	if len(all) == 0 {
		return func() {} // Notify would take none for all
	}
	caught, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(caught, all...)
	go func() {
		select {
		case sig := <-caught:
			signal.Stop(caught)
			do(sig.(syscall.Signal))
		case <-done:
		}
	}()
	return func() {
		signal.Stop(caught)
		close(done)
	}
}
