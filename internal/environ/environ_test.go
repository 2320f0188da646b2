package environ

import (
	"slices"
	"strconv"
	"testing"
)

func TestWith(t *testing.T) {
	env := Vars{"A=1", "B=2", "A=3"}
	if got, want := env.With("A", "x y"), (Vars{"A=x y", "B=2"}); !slices.Equal(got, want) {
		t.Errorf("set again: %q, want %q", got, want)
	}
	if got, want := env.With("C", ""), (Vars{"A=1", "B=2", "A=3", "C="}); !slices.Equal(got, want) {
		t.Errorf("new: %q, want %q", got, want)
	}
	if got := env.Get("A"); got != "1" {
		t.Errorf("A is %q", got)
	}
}

func TestMerge(t *testing.T) {
	for _, tc := range []struct {
		name                string
		before, shell, want Vars
	}{
		{"changed, new, unset", Vars{"A=1", "B=2"}, Vars{"N=\n$ \xe9", "A=x"}, Vars{"A=x", "N=\n$ \xe9"}},
		{"name that a shell cannot hold", Vars{"discovery.type=x", "1A=2"}, Vars{}, Vars{"discovery.type=x", "1A=2"}},
		{"such a name that the shell kept", Vars{"a.b=1"}, Vars{"a.b=1", "BASH_FUNC_f%%=() { :; }"}, Vars{"a.b=1", "BASH_FUNC_f%%=() { :; }"}},
		{"the shell's own", Vars{"SHLVL=3"}, Vars{"_=/bin/env", "SHLVL=4", "OLDPWD=/", "PS1=(venv) "}, Vars{"SHLVL=3"}},
		{"the first of two", Vars{"A=1", "A=2"}, Vars{"A=3", "A=4", "B"}, Vars{"A=3", "A=3", "B"}},
		{"a prompt that was there", Vars{"PS1=mine"}, Vars{"PS1=(venv) mine"}, Vars{"PS1=mine"}},
	} {
		if got := tc.before.Merge(tc.shell); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// TestMergeLong: each variable is not looked for among all others: with these that would
// not end.
func TestMergeLong(t *testing.T) {
	before, shell := make(Vars, 1<<19), make(Vars, 1<<19)
	for i := range before {
		before[i] = "A" + strconv.Itoa(i) + "=1"
		shell[len(shell)-1-i] = "A" + strconv.Itoa(i) + "=2"
	}
	if got := before.Merge(shell); len(got) != len(before) || got[7] != "A7=2" {
		t.Errorf("%d variables, the eighth is %q", len(got), got[7])
	}
}
