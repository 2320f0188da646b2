package setup

import (
	"slices"
	"testing"
)

func TestEnvironWith(t *testing.T) {
	env := Environ{"A=1", "B=2", "A=3"}
	if got, want := env.With("A", "x y"), (Environ{"A=x y", "B=2"}); !slices.Equal(got, want) {
		t.Errorf("set again: %q, want %q", got, want)
	}
	if got, want := env.With("C", ""), (Environ{"A=1", "B=2", "A=3", "C="}); !slices.Equal(got, want) {
		t.Errorf("new: %q, want %q", got, want)
	}
	if got := env.Get("A"); got != "1" {
		t.Errorf("A is %q", got)
	}
}

func TestEnvironMerge(t *testing.T) {
	for _, tc := range []struct {
		name                string
		before, shell, want Environ
	}{
		{"changed, new, unset", Environ{"A=1", "B=2"}, Environ{"N=\n$ \xe9", "A=x"}, Environ{"A=x", "N=\n$ \xe9"}},
		{"name that a shell cannot hold", Environ{"discovery.type=x", "1A=2"}, Environ{}, Environ{"discovery.type=x", "1A=2"}},
		{"such a name that the shell kept", Environ{"a.b=1"}, Environ{"a.b=1", "BASH_FUNC_f%%=() { :; }"}, Environ{"a.b=1", "BASH_FUNC_f%%=() { :; }"}},
		{"the shell's own", Environ{"SHLVL=3"}, Environ{"_=/bin/env", "SHLVL=4", "OLDPWD=/", "PS1=(venv) "}, Environ{"SHLVL=3"}},
		{"a prompt that was there", Environ{"PS1=mine"}, Environ{"PS1=(venv) mine"}, Environ{"PS1=mine"}},
	} {
		if got := tc.before.Merge(tc.shell); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}
