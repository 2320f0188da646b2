package rlimit

import (
	"os"
	"testing"
)

func TestLimits(t *testing.T) {
	if changed, err := Set(Limit{"nofiles", 1, 1}); err == nil || changed {
		t.Errorf("a limit that is unknown: %v, %v", changed, err)
	}
	if _, err := Set(Limit{"core", 0, 0}); err != nil {
		t.Fatal(err)
	}
	if changed, err := Set(Limit{"core", 0, 0}); err != nil || changed {
		t.Errorf("core again: %v, %v", changed, err)
	}
	found := false
	for _, l := range Of(os.Getpid()) {
		// Go has raised that of files for itself.
		if l.Differs() != (l.Name == "nofile") {
			t.Errorf("%v differs: %t", l, l.Differs())
		}
		found = found || l == Limit{"core", 0, 0}
	}
	if !found {
		t.Errorf("no core=0:0 among %v", Of(os.Getpid()))
	}
	if !(Limit{"core", 0, -1}).Differs() || (Limit{"nofiles", 1, 1}).Differs() {
		t.Error("the hard limit does not count, or an unknown one does")
	}
}
