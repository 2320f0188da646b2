package rlimit

import (
	"os"
	"testing"
)

func TestLimits(t *testing.T) {
	if changed, err := Set(Limit{Name: "nofiles", Soft: 1, Hard: 1}); err == nil || changed {
		t.Errorf("a limit that is unknown: %v, %v", changed, err)
	}
	if _, err := Set(Limit{Name: "core", Soft: 0, Hard: 0}); err != nil {
		t.Fatal(err)
	}
	if changed, err := Set(Limit{Name: "core", Soft: 0, Hard: 0}); err != nil || changed {
		t.Errorf("core again: %v, %v", changed, err)
	}
	found := false
	for _, l := range Of(os.Getpid()) {
		// Go has raised that of files for itself.
		if Differs(l) != (l.Name == "nofile") {
			t.Errorf("%v differs: %t", l, Differs(l))
		}
		found = found || l == Limit{Name: "core", Soft: 0, Hard: 0}
	}
	if !found {
		t.Errorf("no core=0:0 among %v", Of(os.Getpid()))
	}
	if !Differs(Limit{Name: "core", Soft: 0, Hard: -1}) || Differs(Limit{Name: "nofiles", Soft: 1, Hard: 1}) {
		t.Error("the hard limit does not count, or an unknown one does")
	}
}
