package account

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/saferoot"
	"ctenv/internal/scratchroot"
	"ctenv/internal/testfiles"
)

func TestEditAccounts(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	const line = "bob:*:4242:4343::/home/bob:/bin/sh\n"
	t.Run("no /etc", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		_, warn, err := Edit(r, user, "/bin/sh", "")
		if warn != nil || err != nil {
			t.Fatal(warn, err)
		}
		if got := scratchroot.Content(t, dir+"/etc/passwd"); got != newPasswd+line {
			t.Errorf("passwd is %q", got)
		}
		if got := scratchroot.Content(t, dir+"/etc/group"); got != newGroup+"staff:*:4343:\n" {
			t.Errorf("group is %q", got)
		}
		if _, err := os.Stat(dir + "/etc/shadow"); !os.IsNotExist(err) {
			t.Errorf("shadow was made: %v", err)
		}
		changed, _, err := Edit(r, user, "/bin/sh", "")
		if len(changed) > 0 || err != nil {
			t.Errorf("a second run changed %q, %v", changed, err)
		}
	})
	t.Run("owner and mode stay", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		testfiles.Put(t, dir, map[string]string{"etc/passwd": "", "etc/group": "", "etc/shadow": "root:*:1::::::"})
		os.Chown(dir+"/etc/shadow", 0, 42)
		os.Chmod(dir+"/etc/shadow", 0o640)
		if _, warn, err := Edit(r, user, "/bin/sh", ""); warn != nil || err != nil {
			t.Fatal(warn, err)
		}
		fi, _ := os.Stat(dir + "/etc/shadow")
		if fi.Mode() != 0o640 || scratchroot.Owner(t, dir+"/etc/shadow") != [2]int{0, 42} {
			t.Errorf("shadow is %v of %v", fi.Mode(), scratchroot.Owner(t, dir+"/etc/shadow"))
		}
		if got := scratchroot.Content(t, dir+"/etc/shadow"); got != "root:*:1::::::\nbob:*:19000::::::\n" {
			t.Errorf("shadow is %q", got)
		}
		left, _ := os.ReadDir(dir + "/etc")
		if len(left) != 3 {
			t.Errorf("something is left behind: %v", left)
		}
	})
	t.Run("not ours to change", func(t *testing.T) {
		for _, tc := range []struct {
			name, want string
			prepare    func(t *testing.T, dir string)
		}{
			{"file is a mount", "it is a mount", func(t *testing.T, dir string) {
				testfiles.Put(t, dir, map[string]string{"host": "host\n", "etc/passwd": ""})
				scratchroot.Mount(t, dir+"/host", dir+"/etc/passwd", "", unix.MS_BIND)
			}},
			{"directory is a mount", "it is a mount", func(t *testing.T, dir string) {
				testfiles.Put(t, dir, map[string]string{"hostetc/passwd": "host\n", "etc/x": ""})
				os.Link(dir+"/hostetc/passwd", dir+"/host")
				scratchroot.Mount(t, dir+"/hostetc", dir+"/etc", "", unix.MS_BIND)
			}},
			{"file is a symlink into a mount", "it is a mount", func(t *testing.T, dir string) {
				testfiles.Put(t, dir, map[string]string{"hostetc/passwd": "host\n", "mnt/x": "", "etc/x": ""})
				os.Link(dir+"/hostetc/passwd", dir+"/host")
				scratchroot.Mount(t, dir+"/hostetc", dir+"/mnt", "", unix.MS_BIND)
				os.Symlink("../mnt/passwd", dir+"/etc/passwd")
			}},
			{"file is a symlink to itself", "too many levels", func(t *testing.T, dir string) {
				testfiles.Put(t, dir, map[string]string{"host": "host\n", "etc/x": ""})
				os.Symlink("passwd", dir+"/etc/passwd")
			}},
			{"directory is a symlink", "not a directory", func(t *testing.T, dir string) {
				testfiles.Put(t, dir, map[string]string{"hostetc/passwd": "host\n"})
				os.Link(dir+"/hostetc/passwd", dir+"/host")
				os.Symlink("hostetc", dir+"/etc")
			}},
			{"a directory", "not a regular file", func(t *testing.T, dir string) {
				testfiles.Put(t, dir, map[string]string{"host": "host\n", "etc/passwd/x": ""})
			}},
			{"read-only", "read-only file system", func(t *testing.T, dir string) {
				testfiles.Put(t, dir, map[string]string{"etc/passwd": "host\n"})
				os.Link(dir+"/etc/passwd", dir+"/host")
				scratchroot.Mount(t, dir, dir, "", unix.MS_BIND)
				scratchroot.Mount(t, "", dir, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY)
			}},
		} {
			t.Run(tc.name, func(t *testing.T) {
				dir := scratchroot.TempDir(t)
				tc.prepare(t, dir)
				r, err := saferoot.OpenRoot(dir)
				if err != nil {
					t.Fatal(err)
				}
				defer unix.Close(r.FD)
				_, warn, err := Edit(r, user, "/bin/sh", "")
				if err != nil || warn == nil || !strings.Contains(warn.Error(), tc.want) {
					t.Errorf("warning %v, error %v; want a warning of %q", warn, err, tc.want)
				}
				if got := scratchroot.Content(t, dir+"/host"); got != "host\n" {
					t.Errorf("the host's file is now %q", got)
				}
			})
		}
	})
}

// What the engine mounts at the account files is edited in place. What the caller
// mounts there by another name, through an image's symlink, is the host's.
func TestAdopt(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	for _, tc := range []struct {
		name, at  string // where the caller's mount is
		from      string // the file or directory that it has
		untouched bool
	}{
		{"the engine's", "/mnt", "caller", false},
		{"the caller's file", "/link/passwd", "host/passwd", true},
		{"the caller's directory", "/link", "host", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := scratchroot.TempDir(t)
			testfiles.Put(t, dir, map[string]string{"host/passwd": "root:x:0:0::/root:/bin/sh\n", "etc/passwd": "", "etc/group": "", "mnt/x": "", "caller/x": ""})
			if err := os.Symlink("etc", dir+"/link"); err != nil {
				t.Fatal(err)
			}
			if tc.untouched {
				scratchroot.Mount(t, dir+"/"+tc.from, dir+tc.at, "", unix.MS_BIND)
			} else {
				scratchroot.Mount(t, dir+"/host/passwd", dir+"/etc/passwd", "", unix.MS_BIND)
				scratchroot.Mount(t, dir+"/"+tc.from, dir+tc.at, "", unix.MS_BIND)
			}
			r, err := saferoot.OpenRoot(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(r.FD)
			callers, err := saferoot.MountsAt([]string{dir + "/gone", dir + tc.at})
			if err != nil {
				t.Fatal(err)
			}
			r.Callers = func() []uint64 { return callers }
			r.Adopt("/etc/passwd", "/etc/group")
			_, warn, err := Edit(r, user, "/bin/sh", "")
			if err != nil || (warn != nil) != tc.untouched {
				t.Errorf("warning %v, error %v", warn, err)
			}
			if got := scratchroot.Content(t, dir+"/host/passwd"); strings.Contains(got, "bob:") == tc.untouched {
				t.Errorf("it holds %q", got)
			}
		})
	}
}

// A link is replaced by a file that has what it led to; that stays as it is.
func TestEditThroughLink(t *testing.T) {
	for _, target := range []string{"../store/passwd", "/store/passwd", "../../../store/passwd", "/gone"} {
		t.Run(target, func(t *testing.T) {
			dir, r := scratchroot.Root(t)
			testfiles.Put(t, dir, map[string]string{"store/passwd": "root:x:0:0::/root:/bin/sh\n", "etc/x": ""})
			if err := os.Symlink(target, dir+"/etc/passwd"); err != nil {
				t.Fatal(err)
			}
			if _, warn, err := Edit(r, user, "/bin/sh", ""); err != nil || warn != nil {
				t.Fatalf("warning %v, error %v", warn, err)
			}
			if info, err := os.Lstat(dir + "/etc/passwd"); err != nil || !info.Mode().IsRegular() {
				t.Errorf("it is %v, error %v; want a file", info.Mode(), err)
			}
			if got := scratchroot.Content(t, dir+"/etc/passwd"); !strings.Contains(got, "root:") || !strings.Contains(got, "\n"+string(user.Name)+":") {
				t.Errorf("it holds %q", got)
			}
			if got := scratchroot.Content(t, dir+"/store/passwd"); got != "root:x:0:0::/root:/bin/sh\n" {
				t.Errorf("what the link led to is now %q", got)
			}
		})
	}
}
