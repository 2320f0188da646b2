package setup

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/scratchroot"
)

func openPath(t testing.TB, path string) int {
	t.Helper()
	fd, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// views are the two ways to see mounts, of new and of old kernels.
var views = map[string]func(int) mountView{"marked": newMountView, "old": oldMountView}

func TestChownRandomTrees(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	for name, view := range views {
		for seed := range uint64(10) {
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(seed, 1))
				dir, _ := tempRoot(t)
				put(t, dir, map[string]string{"volume/first": "", "outside/file": "", "outside/sub/file": ""})
				made := randomTree(t, rnd, dir+"/volume", dir+"/outside")

				c := newChowner(openPath(t, dir+"/volume"), user.UID, user.GID)
				c.kernel = view(c.root)
				if err := c.run(); err != nil {
					t.Fatal(err)
				}
				err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
					if err != nil {
						return err
					}
					want := [2]int{0, 0}
					inside := path == dir+"/volume" || strings.HasPrefix(path, dir+"/volume/")
					foreign := slices.ContainsFunc(made.mounts, func(m string) bool {
						return path == m || strings.HasPrefix(path, m+"/")
					})
					if inside && !foreign {
						want = users
					}
					if got := owner(t, path); got != want {
						t.Errorf("%q is of %v, not %v", path, got, want)
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				for _, path := range made.setuid {
					if fi, err := os.Lstat(path); err != nil || fi.Mode()&fs.ModeSetuid == 0 {
						t.Errorf("%q has lost its setuid bit", path)
					}
				}
				again := newChowner(c.root, user.UID, user.GID)
				again.kernel = view(c.root)
				if err := again.run(); err != nil || again.changed.Load() != 0 {
					t.Errorf("a second run changed %d, %v", again.changed.Load(), err)
				}
				if again.seen.Load() != c.seen.Load() {
					t.Errorf("a second run saw %d entries, the first %d", again.seen.Load(), c.seen.Load())
				}
			})
		}
	}
}

type tree struct {
	mounts []string // below which nothing may change
	setuid []string // of the user already
}

// randomTree fills a volume with everything that has gone wrong for someone.
func randomTree(t *testing.T, rnd *rand.Rand, volume, outside string) tree {
	var made tree
	dirs := []string{volume}
	names := []string{"a b", "new\nline", `back\slash`, "_", "-rf", "é\xff", strings.Repeat("n", 255), "\\040", ":"}
	check := func(err error) {
		t.Helper()
		if err != nil && !errors.Is(err, fs.ErrExist) {
			t.Fatal(err)
		}
	}
	for i := range 150 {
		at := dirs[rnd.IntN(len(dirs))]
		path := filepath.Join(at, names[rnd.IntN(len(names))]+fmt.Sprint(i))
		if len(filepath.Base(path)) > 255 {
			path = filepath.Join(at, fmt.Sprint(i)+strings.Repeat("n", 250))
		}
		switch rnd.IntN(9) {
		case 0, 1:
			check(os.Mkdir(path, 0o700))
			if len(path) < 2000 {
				dirs = append(dirs, path)
			}
		case 2:
			check(os.Symlink(outside, path))
		case 3:
			check(os.Symlink(outside+"/file", path))
		case 4:
			check(os.Symlink("nowhere", path))
		case 5:
			check(os.WriteFile(path, nil, 0o600))
			check(os.Link(path, path[:len(path)-1]+"."))
		case 6:
			check(os.WriteFile(path, nil, 0o600))
			check(os.Chown(path, user.UID, user.GID))
			check(os.Chmod(path, 0o755|fs.ModeSetuid))
			made.setuid = append(made.setuid, path)
		case 7:
			check(unix.Mkfifo(path, 0o600))
		default:
			check(os.WriteFile(path, nil, 0o600))
			if rnd.IntN(2) == 0 {
				check(os.Chown(path, 77, user.GID))
			}
		}
	}
	// The mounts come last, so that nothing above is made in one of them.
	for i, source := range []string{outside, outside + "/file", "tmpfs"} {
		path := filepath.Join(dirs[rnd.IntN(len(dirs))], fmt.Sprintf("m %d\\", i))
		for _, m := range made.mounts {
			if strings.HasPrefix(path, m+"/") {
				path = filepath.Join(volume, fmt.Sprintf("m %d\\", i))
			}
		}
		switch i {
		case 1:
			check(os.WriteFile(path, nil, 0o600))
			mount(t, source, path, "", unix.MS_BIND)
		case 2:
			check(os.Mkdir(path, 0o700))
			mount(t, source, path, "tmpfs", 0)
			check(os.WriteFile(path+"/f", nil, 0o600))
		default:
			check(os.Mkdir(path, 0o700))
			mount(t, source, path, "", unix.MS_BIND)
		}
		made.mounts = append(made.mounts, path)
	}
	return made
}

func TestChownSingle(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	t.Run("file", func(t *testing.T) {
		dir, _ := tempRoot(t)
		put(t, dir, map[string]string{"f": "", "g": ""})
		if err := newChowner(openPath(t, dir+"/f"), user.UID, user.GID).run(); err != nil {
			t.Fatal(err)
		}
		if owner(t, dir+"/f") != users || owner(t, dir+"/g") != [2]int{0, 0} {
			t.Error("not just that file has changed owner")
		}
	})
	t.Run("path longer than the kernel takes", func(t *testing.T) {
		dir, _ := tempRoot(t)
		at, depth := openPath(t, dir), 40
		for range depth {
			name := strings.Repeat("d", 200)
			if err := unix.Mkdirat(at, name, 0o755); err != nil {
				t.Fatal(err)
			}
			next, err := unix.Openat(at, name, unix.O_PATH|unix.O_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			at = next
		}
		c := newChowner(openPath(t, dir), user.UID, user.GID)
		if err := c.run(); err != nil {
			t.Fatal(err)
		}
		var st unix.Stat_t
		if err := unix.Fstat(at, &st); err != nil || int(st.Uid) != user.UID {
			t.Errorf("the deepest folder is of %d, %v", st.Uid, err)
		}
		if got := c.changed.Load(); got != int64(depth)+1 {
			t.Errorf("%d entries changed, not %d", got, depth+1)
		}
	})
	t.Run("read-only", func(t *testing.T) {
		dir, _ := tempRoot(t)
		put(t, dir, map[string]string{"a/b": "", "c": "", "d": ""})
		mount(t, dir, dir, "", unix.MS_BIND)
		mount(t, "", dir, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY)
		c := newChowner(openPath(t, dir), user.UID, user.GID)
		if err := c.run(); !errors.Is(err, unix.EROFS) || c.failed.Load() != 1 {
			t.Errorf("error %v after %d failures; one is enough", err, c.failed.Load())
		}
	})
	t.Run("one entry refuses", func(t *testing.T) {
		dir, _ := tempRoot(t)
		put(t, dir, map[string]string{"a/f": "", "b/f": ""})
		mount(t, "tmpfs", dir+"/b", "tmpfs", 0)
		put(t, dir, map[string]string{"b/no": "", "b/yes": ""})
		setImmutable(t, dir+"/b/no", true)
		defer setImmutable(t, dir+"/b/no", false)
		c := newChowner(openPath(t, dir+"/b"), user.UID, user.GID)
		err := c.run()
		if !errors.Is(err, unix.EPERM) || !strings.Contains(err.Error(), `1 could not be changed, the first is "no"`) {
			t.Errorf("error %v", err)
		}
		if owner(t, dir+"/b/yes") != users || owner(t, dir+"/b") != users {
			t.Error("the rest has to change owner all the same")
		}
	})
}

func setImmutable(t *testing.T, path string, on bool) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	flags, err := unix.IoctlGetUint32(int(f.Fd()), unix.FS_IOC_GETFLAGS)
	if err != nil {
		t.Fatal(err)
	}
	const immutable = 0x10 // FS_IMMUTABLE_FL, linux/fs.h
	flags &^= immutable
	if on {
		flags |= immutable
	}
	if err := unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, int(flags)); err != nil {
		t.Fatal(err)
	}
}

func TestMountPoints(t *testing.T) {
	const info = "22 1 8:1 / / rw - ext4 /dev/sda rw\n23 22 0:5 / /a\\040b\\134\\012 rw shared:1 - tmpfs tmpfs rw\nshort\n"
	if got, want := mountPoints(info), []string{"/", "/a b\\\n"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// BenchmarkChown measures a tree of 20,000 files in 200 folders, all of which
// change owner or none.
func BenchmarkChown(b *testing.B) {
	scratchroot.Need(b)
	dir := b.TempDir()
	for d := range 200 {
		sub := fmt.Sprintf("%s/%d", dir, d)
		if err := os.Mkdir(sub, 0o755); err != nil {
			b.Fatal(err)
		}
		for f := range 100 {
			if err := os.WriteFile(fmt.Sprintf("%s/%d", sub, f), nil, 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
	uid := user.UID
	for _, change := range []bool{true, false} {
		b.Run(fmt.Sprintf("change=%v", change), func(b *testing.B) {
			for b.Loop() {
				if change {
					uid++
				}
				if err := newChowner(openPath(b, dir), uid, user.GID).run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
