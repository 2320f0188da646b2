package program

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/environ"
	"ctenv/internal/saferoot"
	"ctenv/internal/testfiles"
)

func TestLookPath(t *testing.T) {
	dir := t.TempDir()
	testfiles.Put(t, dir, map[string]string{"a/tool": "", "b/tool": "", "a/data": "", "c/tool/x": "", "here": ""})
	os.Chmod(dir+"/b/tool", 0o755)
	os.Chmod(dir+"/here", 0o755)
	t.Chdir(dir)
	path := dir + "/none:" + dir + "/a:" + dir + "/c:" + dir + "/b"
	for _, tc := range []struct {
		name, path, want string
		err              error
	}{
		{"tool", path, dir + "/b/tool", nil}, // past one without an x, and past a directory
		{"data", path, "", unix.EACCES},
		{"tool", dir + "/c", "", unix.EISDIR},
		{"nothing", path, "", ErrNotFound},
		{"", path, "", ErrNotFound},
		{"tool", "", "", ErrNotFound},
		{"here", dir + "/a:", "./here", nil},
		{"tool", "b", "./b/tool", nil},
		{dir + "/b/tool", "", dir + "/b/tool", nil},
		{"./b/tool", "", "./b/tool", nil},
		{"./a/tool", path, "./a/tool", unix.EACCES},
		{"./a", path, "./a", unix.EISDIR},
		{"./no", path, "./no", unix.ENOENT},
		{"./here/x", path, "./here/x", unix.ENOTDIR},
	} {
		got, err := LookPath(tc.name, tc.path)
		if got != tc.want || !errors.Is(err, tc.err) {
			t.Errorf("%q in %q: %q, %v", tc.name, tc.path, got, err)
		}
	}
}

func TestFindShell(t *testing.T) {
	dir := t.TempDir()
	testfiles.Put(t, dir, map[string]string{"one/sh": "", "two/bash": "", "three/my": ""})
	for _, f := range []string{"one/sh", "two/bash", "three/my"} {
		os.Chmod(filepath.Join(dir, f), 0o755)
	}
	t.Chdir(dir)
	for _, tc := range []struct{ shell, path, want string }{
		{"auto", dir + "/one:" + dir + "/two", dir + "/two/bash"},
		{"sh", dir + "/one:" + dir + "/two", dir + "/one/sh"},
		{"my", dir + "/three", dir + "/three/my"},
		{dir + "/three/my", "", dir + "/three/my"},
		{"my", "three", "./three/my"},
		{"/no/shell", "", ""},
	} {
		got, err := FindShell(tc.shell, func(name string) (string, error) { return LookPath(name, tc.path) })
		if got != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("%q in %q: %q, %v", tc.shell, tc.path, got, err)
		}
	}
}

// TestLookRoot: root takes nothing from a mount or the current directory, and the
// standard directories come first.
func TestLookRoot(t *testing.T) {
	dir := t.TempDir()
	testfiles.Put(t, dir, map[string]string{"bin/ctenv-tool": "", "bin/sh": ""})
	for _, f := range []string{"bin/ctenv-tool", "bin/sh"} {
		os.Chmod(filepath.Join(dir, f), 0o755)
	}
	t.Chdir(dir)
	own, err := saferoot.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	system, err := saferoot.OpenRoot("/usr/bin")
	if err != nil {
		t.Fatal(err)
	}
	whole, err := saferoot.OpenRoot("/")
	if err != nil {
		t.Fatal(err)
	}
	own.Mounts = append(append(own.Mounts, system.Mounts...), whole.Mounts...)
	nobody := &saferoot.Root{FD: own.FD}
	for _, tc := range []struct {
		root             *saferoot.Root
		name, path, want string
		err              error
	}{
		{own, "ctenv-tool", dir + "/none:" + dir + "/bin", dir + "/bin/ctenv-tool", nil},
		{own, "ctenv-tool", "bin", "", ErrNotFound},
		{own, "nothing", dir, "", ErrNotFound},
		{nobody, "ctenv-tool", dir + "/bin", "", ErrMounted},
		{nobody, dir + "/bin/ctenv-tool", "", dir + "/bin/ctenv-tool", nil},
	} {
		got, err := LookRoot(tc.root, tc.name, tc.path)
		if got != tc.want || !errors.Is(err, tc.err) {
			t.Errorf("%q in %q: %q, %v", tc.name, tc.path, got, err)
		}
	}
	if got, err := LookRoot(own, "sh", dir+"/bin"); err != nil || got == dir+"/bin/sh" {
		t.Errorf("sh: %q, %v", got, err)
	}
}

// What is not there yet can be put there before the shell looks: a missing file is the image's
// where the directory is in which it would be.
func TestPlanted(t *testing.T) {
	dir := t.TempDir()
	testfiles.Put(t, dir, map[string]string{"lib/x.so": "", "lib/sub/y": ""})
	for name, target := range map[string]string{
		"away": "/proc/none.so", "awaydir": "/proc/none", "proc": "/proc", "back": dir + "/lib/none.so", "beside": "lib/none.so", "round": "round",
		"up": "proc/../proc/none.so", "chain": "away", "link.so": dir + "/lib/x.so",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	own, err := saferoot.OpenRoot(dir) // of whose mount /proc is not
	if err != nil {
		t.Fatal(err)
	}
	whole, err := saferoot.OpenRoot("/")
	if err != nil {
		t.Fatal(err)
	}
	own.Mounts = append(own.Mounts, whole.Mounts...)
	// What leads back by a mount can be exchanged there.
	back := "/proc/self/cwd/lib/x.so"
	t.Chdir(dir)
	for _, name := range []string{"LD_PRELOAD", "BASH_ENV"} {
		if got := Planted(own, environ.Vars{name + "=" + back}); len(got) == 0 {
			t.Errorf("%s=%s is taken for the image's", name, back)
		}
	}
	if err := os.Chmod(dir+"/lib/x.so", 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := LookRoot(own, "x.so", "/proc/self/cwd/lib"); !errors.Is(err, ErrMounted) {
		t.Errorf("found %q by a way through a mount, %v", got, err)
	}
	for p, fine := range map[string]bool{
		dir + "/lib/x.so": true, dir + "/link.so": true, dir + "/none.so": true, dir + "/none/none/none.so": true, dir + "/back": true, dir + "/beside": true,
		dir + "/lib/sub/y/z":             true,
		"/proc/none.so":                  false,
		"/proc/none/none.so":             false,
		dir + "/away":                    false,
		dir + "/chain":                   false,
		dir + "/awaydir/x.so":            false,
		dir + "/proc/x.so":               false,
		dir + "/up":                      false,
		dir + "/round":                   false,
		dir + "/none/../../proc/none.so": true,
	} {
		for _, name := range []string{"LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "GCONV_PATH", "BASH_ENV", "ENV"} {
			got := Planted(own, environ.Vars{name + "=" + p})
			if fine != (len(got) == 0) {
				t.Errorf("%s=%s: %v; fine: %v", name, p, got, fine)
			}
		}
	}
}
