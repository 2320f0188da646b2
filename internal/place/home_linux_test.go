package place

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/saferoot"
	"ctenv/internal/scratchroot"
	"ctenv/internal/testfiles"
	"ctenv/internal/wire"
)

func TestHome(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	root := [2]int{0, 0}
	t.Run("missing", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		if _, err := Home(r, user); err != nil {
			t.Fatal(err)
		}
		if scratchroot.Owner(t, dir+"/home") != root || scratchroot.Owner(t, dir+"/home/bob") != users {
			t.Errorf("home is of %v, below %v", scratchroot.Owner(t, dir+"/home/bob"), scratchroot.Owner(t, dir+"/home"))
		}
	})
	t.Run("there", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		testfiles.Put(t, dir, map[string]string{"home/bob/.bashrc": ""})
		if _, err := Home(r, user); err != nil {
			t.Fatal(err)
		}
		if scratchroot.Owner(t, dir+"/home/bob") != users || scratchroot.Owner(t, dir+"/home/bob/.bashrc") != root {
			t.Error("the home itself has to change owner, and nothing in it")
		}
	})
	t.Run("a mount", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		testfiles.Put(t, dir, map[string]string{"home/bob/x": "", "host/.config/tool/x": ""})
		scratchroot.Mount(t, dir+"/host", dir+"/home/bob", "", unix.MS_BIND)
		if _, err := Home(r, user); err != nil {
			t.Fatal(err)
		}
		if err := giveMountParents(r, user, []wire.Text{"/home/bob", "/home/bob/.config/tool"}); err != nil {
			t.Fatal(err)
		}
		if scratchroot.Owner(t, dir+"/host") != root || scratchroot.Owner(t, dir+"/host/.config") != root {
			t.Error("the host's directory has changed owner")
		}
	})
	t.Run("a system directory", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		testfiles.Put(t, dir, map[string]string{"usr/x": "", "dev/x": ""})
		for _, home := range []wire.Text{"/", "/usr/", "/dev/null/../x"} {
			u := user
			u.Home = home
			if _, err := Home(r, u); err != nil {
				t.Fatal(err)
			}
		}
		if scratchroot.Owner(t, dir) != root || scratchroot.Owner(t, dir+"/usr") != root || scratchroot.Owner(t, dir+"/dev/x") != root {
			t.Error("a system directory has changed owner")
		}
	})
	t.Run("a symlink of the image", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		testfiles.Put(t, dir, map[string]string{"var/home/x": ""})
		os.Symlink("var/home", dir+"/home")
		if _, err := Home(r, user); err != nil {
			t.Fatal(err)
		}
		if scratchroot.Owner(t, dir+"/var/home/bob") != users {
			t.Error("the home behind it was not made")
		}
	})
	t.Run("a symlink of the user", func(t *testing.T) {
		// In a volume at /home the user of an earlier container can leave it.
		for _, target := range []string{"/", "/etc", "../etc", "link"} {
			dir, r := scratchroot.Root(t)
			testfiles.Put(t, dir, map[string]string{"home/x": "", "etc/a/x": "", "a/x": ""})
			os.Symlink(target, dir+"/home/bob")
			os.Symlink("/etc", dir+"/home/link")
			os.Lchown(dir+"/home/bob", users[0], users[1])
			if _, err := Home(r, user); !errors.Is(err, saferoot.ErrOwnLink) {
				t.Errorf("%s: %v", target, err)
			}
			if err := giveMountParents(r, user, []wire.Text{"/home/bob/a/m"}); !errors.Is(err, saferoot.ErrOwnLink) {
				t.Errorf("%s: %v", target, err)
			}
			for _, path := range []string{"", "/etc", "/etc/a", "/a"} {
				if scratchroot.Owner(t, dir+path) != root {
					t.Errorf("%s: %q has changed owner", target, path)
				}
			}
		}
	})
	t.Run("a symlink in a circle", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		os.Symlink("home", dir+"/home")
		if _, err := Home(r, user); !errors.Is(err, unix.ELOOP) {
			t.Error(err)
		}
	})
	t.Run("directories above a mount", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		testfiles.Put(t, dir, map[string]string{"home/bob/.a/b/m/x": "", "home/bob/other/x": "", "home/bob/.s/m/x": "", "host/x": ""})
		scratchroot.Mount(t, dir+"/host", dir+"/home/bob/.a/b/m", "", unix.MS_BIND)
		os.Chown(dir+"/home/bob/.s", 77, 77) // the image gave it to someone
		if err := giveMountParents(r, user, []wire.Text{"/home/bob/.a/b/m", "/home/bob/.s/m", "/repo"}); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string][2]int{
			".a": users, ".a/b": users, ".a/b/m": root, "other": root, ".s": {77, 77},
		} {
			if got := scratchroot.Owner(t, dir+"/home/bob/"+path); got != want {
				t.Errorf("%s is of %v, not %v", path, got, want)
			}
		}
		if scratchroot.Owner(t, dir+"/host") != root {
			t.Error("the mount has changed owner")
		}
	})
}

// What runs in the container already may write where root makes a directory, and swaps it
// for a file of root's, or a directory that root has filled.
func TestMakeDirRace(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	for name, swap := range map[string]func(at int) error{
		"a file": func(at int) error {
			defer unix.Unlinkat(at, "d", 0)
			if err := unix.Unlinkat(at, "d", unix.AT_REMOVEDIR); err != nil {
				return err
			}
			return unix.Linkat(at, "roots", at, "d", 0)
		},
		"a directory": func(at int) error {
			err := unix.Renameat2(at, "roots", at, "d", unix.RENAME_EXCHANGE)
			if err == nil {
				err = unix.Renameat2(at, "roots", at, "d", unix.RENAME_EXCHANGE)
			}
			return errors.Join(err, unix.Unlinkat(at, "d", unix.AT_REMOVEDIR))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, r := scratchroot.Root(t)
			files := map[string]string{"at/roots": ""}
			if name == "a directory" {
				files = map[string]string{"at/roots/f": ""}
			}
			testfiles.Put(t, dir, files)
			at, roots := scratchroot.OpenPath(t, dir+"/at"), scratchroot.OpenPath(t, dir+"/at/roots")
			stop, ended := make(chan struct{}), make(chan int)
			go func() {
				swaps := 0
				for {
					select {
					case <-stop:
						ended <- swaps
						return
					default:
					}
					if swap(at) == nil {
						swaps++
					}
				}
			}()
			var st unix.Stat_t
			for end := time.Now().Add(time.Second); time.Now().Before(end) && st.Uid == 0; {
				_ = makeDir(r, at, "d", user, users)
				if err := unix.Fstat(roots, &st); err != nil {
					t.Fatal(err)
				}
			}
			close(stop)
			if swaps := <-ended; swaps == 0 {
				t.Error("nothing was swapped, so nothing was tested")
			}
			if st.Uid != 0 || st.Gid != 0 {
				t.Errorf("what is root's is of %d:%d", st.Uid, st.Gid)
			}
		})
	}
}

func TestWorkdir(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	// Paths are the process's own here, so the temporary root is mounted on itself
	// and stands for the container's file system.
	for _, tc := range []struct {
		name    string
		workdir string
		chown   []string
		prepare func(t *testing.T, dir string)
		owner   [2]int // of the workdir; zero: an error is due
		parent  [2]int // of the directory above
		refused error
	}{
		{name: "there", workdir: "/a", owner: [2]int{77, 77}, prepare: func(t *testing.T, dir string) {
			testfiles.Put(t, dir, map[string]string{"a/x": ""})
			os.Chown(dir+"/a", 77, 77)
		}},
		{name: "missing below root's directory", workdir: "/build/out", owner: users, parent: users},
		{name: "missing in a host mount of the user", workdir: "/m/a/b", owner: users, parent: users, prepare: func(t *testing.T, dir string) {
			testfiles.Put(t, dir, map[string]string{"host/x": "", "m/x": ""})
			os.Chown(dir+"/host", users[0], users[1])
			scratchroot.Mount(t, dir+"/host", dir+"/m", "", unix.MS_BIND)
		}},
		{name: "missing in a host mount of root", workdir: "/m/a", prepare: func(t *testing.T, dir string) {
			testfiles.Put(t, dir, map[string]string{"host/x": "", "m/x": ""})
			scratchroot.Mount(t, dir+"/host", dir+"/m", "", unix.MS_BIND)
		}},
		{name: "missing in a flagged volume", workdir: "/m/p/a", chown: []string{"/m"}, owner: users, prepare: func(t *testing.T, dir string) {
			testfiles.Put(t, dir, map[string]string{"host/p/x": "", "m/x": ""})
			os.Chmod(dir+"/host/p", 0o700)
			scratchroot.Mount(t, dir+"/host", dir+"/m", "", unix.MS_BIND)
		}},
		{name: "may not be entered", workdir: "/a", prepare: func(t *testing.T, dir string) {
			testfiles.Put(t, dir, map[string]string{"a/x": ""})
			os.Chmod(dir+"/a", 0o700)
		}},
		{name: "missing behind a symlink of the image", workdir: "/l/a", owner: users, prepare: func(t *testing.T, dir string) {
			testfiles.Put(t, dir, map[string]string{"d/x": ""})
			os.Symlink("d", dir+"/l")
		}},
		{name: "missing behind a symlink of the user", workdir: "/l/a", refused: saferoot.ErrOwnLink, prepare: func(t *testing.T, dir string) {
			testfiles.Put(t, dir, map[string]string{"d/x": ""})
			os.Symlink("d", dir+"/l")
			os.Lchown(dir+"/l", users[0], users[1])
		}},
		{name: "a file", workdir: "/a", prepare: func(t *testing.T, dir string) { testfiles.Put(t, dir, map[string]string{"a": ""}) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := scratchroot.TempDir(t)
			if tc.prepare != nil {
				tc.prepare(t, dir)
			}
			r, err := saferoot.OpenRoot("/")
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(r.FD)
			if fd, err := unix.Open(dir, unix.O_PATH, 0); err == nil {
				mnt, _ := saferoot.MountID(fd)
				r.Mounts = append(r.Mounts, mnt)
				unix.Close(fd)
			}
			var volumes []uint64
			for _, c := range tc.chown {
				id, err := saferoot.MountID(scratchroot.OpenPath(t, dir+c))
				if err != nil {
					t.Fatal(err)
				}
				volumes = append(volumes, id)
			}
			t.Chdir("/")
			err = enter(r, dir+tc.workdir, user, volumes)
			if (err != nil) != (tc.owner == [2]int{}) {
				t.Fatalf("error %v", err)
			}
			if tc.refused != nil && !errors.Is(err, tc.refused) {
				t.Errorf("error %v", err)
			}
			if err != nil {
				return
			}
			want, _ := filepath.EvalSymlinks(dir + tc.workdir)
			if cwd, _ := os.Getwd(); cwd != want {
				t.Errorf("the current directory is %q", cwd)
			}
			if got := scratchroot.Owner(t, dir+tc.workdir); got != tc.owner {
				t.Errorf("it is of %v, not %v", got, tc.owner)
			}
			if got := scratchroot.Owner(t, dir+tc.workdir+"/.."); got != tc.parent {
				t.Errorf("the directory above is of %v, not %v", got, tc.parent)
			}
		})
	}
	if uid, _ := unix.SetfsuidRetUid(-1); uid != 0 {
		t.Errorf("this thread still acts as uid %d", uid)
	}
}
