package scripts_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestEndedBySignal: what a script takes away at its end it also takes away when a signal ends it: a
// policy-rc.d that is left keeps the services of all packages from starting.
func TestEndedBySignal(t *testing.T) {
	for _, tc := range []struct {
		signal string
		code   int
	}{{"HUP", 129}, {"INT", 130}, {"TERM", 143}} {
		left := filepath.Join(t.TempDir(), "left")
		if err := os.WriteFile(left, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		err := exec.Command("sh", "-c", `. ./messages.sh; left=$1; trap 'rm -f "$left"' EXIT; kill -s "$2" $$; :`, "sh", left, tc.signal).Run()
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok || exit.ExitCode() != tc.code {
			t.Errorf("%s: %v, not %d", tc.signal, err, tc.code)
		}
		if _, err := os.Lstat(left); !os.IsNotExist(err) {
			t.Errorf("%s: it is left: %v", tc.signal, err)
		}
	}
}
