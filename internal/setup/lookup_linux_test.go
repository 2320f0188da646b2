package setup

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

func TestLookPath(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string]string{"a/tool": "", "b/tool": "", "a/data": "", "c/tool/x": "", "here": ""})
	os.Chmod(dir+"/b/tool", 0o755)
	os.Chmod(dir+"/here", 0o755)
	t.Chdir(dir)
	path := dir + "/none:" + dir + "/a:" + dir + "/c:" + dir + "/b"
	for _, tc := range []struct {
		name, path, want string
		err              error
		code             int
	}{
		{"tool", path, dir + "/b/tool", nil, 0}, // past one without an x, and past a folder
		{"data", path, "", unix.EACCES, 126},
		{"tool", dir + "/c", "", unix.EISDIR, 126},
		{"nothing", path, "", errNotFound, 127},
		{"", path, "", errNotFound, 127},
		{"tool", "", "", errNotFound, 127},
		{"here", dir + "/a:", "./here", nil, 0},
		{"tool", "b", "./b/tool", nil, 0},
		{dir + "/b/tool", "", dir + "/b/tool", nil, 0},
		{"./b/tool", "", "./b/tool", nil, 0},
		{"./a/tool", path, "./a/tool", unix.EACCES, 126},
		{"./a", path, "./a", unix.EISDIR, 126},
		{"./no", path, "./no", unix.ENOENT, 127},
		{"./here/x", path, "./here/x", unix.ENOTDIR, 127},
	} {
		got, err := lookPath(tc.name, tc.path)
		if got != tc.want || !errors.Is(err, tc.err) {
			t.Errorf("%q in %q: %q, %v", tc.name, tc.path, got, err)
		}
		if err != nil && ExitCode(commandError(err)) != tc.code {
			t.Errorf("%q in %q: exit code %d", tc.name, tc.path, ExitCode(commandError(err)))
		}
	}
}

func TestFindShell(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string]string{"one/sh": "", "two/bash": "", "three/my": ""})
	for _, f := range []string{"one/sh", "two/bash", "three/my"} {
		os.Chmod(filepath.Join(dir, f), 0o755)
	}
	t.Chdir(dir)
	for _, tc := range []struct{ shell, path, want string }{
		{"auto", dir + "/one:" + dir + "/two", dir + "/two/bash"},
		{"sh", dir + "/one:" + dir + "/two", dir + "/one/sh"},
		{"my", dir + "/three", dir + "/three/my"},
		{dir + "/three/my", "", dir + "/three/my"},
		{"my", "three", ""}, // root takes nothing from the current folder
		{"/no/shell", "", ""},
	} {
		got, err := findShell(tc.shell, tc.path)
		if got != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("%q in %q: %q, %v", tc.shell, tc.path, got, err)
		}
	}
}

func TestWithPrompt(t *testing.T) {
	for _, tc := range []struct {
		env  Environ
		argv []string
		want string
	}{
		{nil, []string{"sh"}, prompt},
		{nil, []string{"/bin/ash"}, prompt},
		{nil, []string{"bash"}, ""},
		{nil, []string{"sh", "-c", "true"}, ""},
		{Environ{"PS1=mine"}, []string{"sh"}, "mine"},
	} {
		if got := withPrompt(tc.env, tc.argv).Get("PS1"); got != tc.want {
			t.Errorf("%q with %q: %q, not %q", tc.argv, tc.env, got, tc.want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	in := &Init{
		req: wire.Request{User: user, Keep: []string{"HOME"}, Env: []wire.Text{"B=\xe9=x"}},
		env: Environ{"HOME=/mine", "USER=root", "SHELL=/bin/false"}, loginShell: "/bin/bash",
	}
	in.env = in.baseEnviron()
	if _, err := in.environment(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"HOME": "/mine", "USER": "bob", "LOGNAME": "bob", "SHELL": "/bin/bash", "PATH": defaultPath, "B": "\xe9=x",
	} {
		if got := in.env.Get(name); got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
}
