package podmancheck

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestCheckIDs(t *testing.T) {
	for name, c := range map[string]struct {
		subuid, subgid, nsswitch string
		problem, remedy          string
	}{
		"enough":       {subuid: "bob:100000:65536\n", subgid: "bob:100000:65536\n"},
		"two ranges":   {subuid: "bob:1:60000\nbob:100000:5536\n", subgid: "bob:100000:65536\n"},
		"no file":      {problem: `subuid and `, remedy: "--add-subuids 100000-165535 --add-subgids 100000-165535 bob && podman system migrate"},
		"another user": {subuid: "alice:100000:65536\n", subgid: "bob:200000:65536\n", problem: `there is no range of ids for "bob" in `, remedy: "--add-subuids 265536-331071 "},
		"too few":      {subuid: "bob:100000:1000\n", subgid: "bob:100000:65536\n", problem: `subuid holds 1000 ids for "bob", fewer than the 65536`, remedy: "--add-subuids 165536-"},
		"a directory":  {nsswitch: "passwd: files\nsubid: sss\n"},
		"just files":   {nsswitch: "subid: files\n", problem: "there is no range"},
	} {
		t.Run(name, func(t *testing.T) {
			etc := t.TempDir()
			for file, text := range map[string]string{"subuid": c.subuid, "subgid": c.subgid, "nsswitch.conf": c.nsswitch} {
				if text != "" {
					if err := os.WriteFile(filepath.Join(etc, file), []byte(text), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
			got := checkIDs(etc, "bob")
			if (c.problem == "") != (got.Problem == "") || !strings.Contains(got.Problem, c.problem) || !strings.Contains(got.Remedy, c.remedy) {
				t.Errorf("got %q, %q, want %q, %q", got.Problem, got.Remedy, c.problem, c.remedy)
			}
		})
	}
}

// TestRootlessProblem: each podman's words for a machine without catatonit lead to the hint.
func TestRootlessProblem(t *testing.T) {
	for _, said := range []string{
		`container-init binary not found on the host: stat /usr/libexec/podman/catatonit: no such file or directory`,
		`preparing container 0123 for attach: lookup init binary: could not find "catatonit" in one of [/usr/libexec/podman]`,
	} {
		found := slices.ContainsFunc(checkInit(os.Getenv).words, func(words string) bool { return strings.Contains(said, words) })
		if !found {
			t.Errorf("nobody knows %q", said)
		}
	}
}

// TestInitConfigured: a file that would be waited for is passed over, and the current
// directory is nobody's configuration.
func TestInitConfigured(t *testing.T) {
	home := t.TempDir()
	write := func(dir string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, "containers"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "containers", "containers.conf"), []byte("[engine]\ninit_path = \"/x\"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pipe := filepath.Join(home, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"HOME": home, "CONTAINERS_CONF": pipe}
	getenv := func(name string) string { return env[name] }
	t.Chdir(t.TempDir())
	write(".")
	if initConfigured(getenv) {
		t.Error("by the current directory's file")
	}
	write(filepath.Join(home, ".config"))
	if !initConfigured(getenv) {
		t.Error("the file in the home is not seen")
	}
}

func TestCheckDirectories(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a directory away")
	}
	top := t.TempDir()
	below := filepath.Join(top, "home", "src")
	if err := os.MkdirAll(below, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		mode     os.FileMode
		uid, gid int
		remedy   string
	}{
		{0o700, 0, 0, ""},
		{0o711, 1, 1, ""},
		{0o700, 0, 1, "chgrp 0 "},
		{0o770, 1, 0, "setfacl -m u:" + callerName() + ":x "},
	} {
		home := filepath.Join(top, "home")
		if err := os.Chown(home, c.uid, c.gid); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(home, c.mode); err != nil {
			t.Fatal(err)
		}
		got := Directories([]string{below})
		want := ""
		if c.remedy != "" {
			want = c.remedy + home
		}
		if got.Remedy != want || (got.Problem == "") != (want == "") {
			t.Errorf("%04o %d:%d: got %q, %q, want %q", c.mode, c.uid, c.gid, got.Problem, got.Remedy, want)
		}
	}
}
