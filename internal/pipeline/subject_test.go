package pipeline

import (
	"maps"
	"testing"

	"ctenv/internal/grants"
)

// TestWithoutVariables: a command that joins gets no variable that the file asks for by
// now and the caller has not allowed, and what the caller has stays as it is.
func TestWithoutVariables(t *testing.T) {
	env := map[string]string{"TOKEN": "secret", "HOME": "/home/alice"}
	got := withoutVariables(env, []grants.Grant{{Kind: "variable", Value: "TOKEN"}, {Kind: "variable", Value: "UNSET"}, {Kind: "path", Value: "HOME"}})
	if want := map[string]string{"TOKEN": "", "HOME": "/home/alice"}; !maps.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if env["TOKEN"] != "secret" {
		t.Error("the caller's own are changed")
	}
}
