package setup

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/environ"
	"ctenv/internal/program"
	"ctenv/internal/wire"
)

func TestWithPrompt(t *testing.T) {
	for _, tc := range []struct {
		env  environ.Vars
		argv []string
		want string
	}{
		{nil, []string{"sh"}, prompt},
		{nil, []string{"/bin/ash"}, prompt},
		{nil, []string{"bash"}, ""},
		{nil, []string{"sh", "-c", "true"}, ""},
		{environ.Vars{"PS1=mine"}, []string{"sh"}, "mine"},
	} {
		if got := withPrompt(tc.env, tc.argv).Get("PS1"); got != tc.want {
			t.Errorf("%q with %q: %q, not %q", tc.argv, tc.env, got, tc.want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	in := &Init{
		req: wire.Request{User: user, Keep: []string{"HOME"}, Env: []wire.Text{"B=\xe9=x"}},
		env: environ.Vars{"HOME=/mine", "USER=root", "SHELL=/bin/false"}, loginShell: "/bin/bash",
	}
	in.env = in.baseEnviron()
	if _, err := in.environment(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"HOME": "/mine", "USER": "bob", "LOGNAME": "bob", "SHELL": "/bin/bash", "PATH": environ.DefaultPath, "B": "\xe9=x",
	} {
		if got := in.env.Get(name); got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
}

// TestCommandError: the codes are those of shells.
func TestCommandError(t *testing.T) {
	for err, want := range map[error]int{
		program.ErrNotFound: 127, program.ErrNoShell: 127, unix.ENOENT: 127, unix.ENOTDIR: 127, unix.EACCES: 126, unix.EISDIR: 126, unix.ENOEXEC: 126,
	} {
		if got := ExitCode((&Init{}).commandError(fmt.Errorf("%q: %w", "x", err))); got != want {
			t.Errorf("%v: exit code %d, not %d", err, got, want)
		}
	}
}
