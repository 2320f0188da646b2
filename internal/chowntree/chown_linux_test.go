package chowntree

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/scratchroot"
	"ctenv/internal/testfiles"
)

func TestChownRandomTrees(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	for _, tc := range []struct {
		name   string
		view   func(root int) mountView
		mounts bool
	}{
		{"marked", newMountView, true},
		{"alone", newMountView, false}, // the short way
		{"old", oldMountView, true},    // of old kernels
	} {
		for seed := range uint64(10) {
			t.Run(fmt.Sprintf("%s/%d", tc.name, seed), func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(seed, 1))
				dir := scratchroot.TempDir(t)
				testfiles.Put(t, dir, map[string]string{"volume/first": "", "outside/file": "", "outside/sub/file": ""})
				scratchroot.Mount(t, "tmpfs", dir+"/volume", "tmpfs", 0)
				randomTree(t, rnd, dir+"/volume", dir+"/outside")
				var made []string
				if tc.mounts {
					made = randomMounts(t, rnd, dir+"/volume", dir+"/outside")
				}
				before := snapshot(t, dir)
				// The clock that stamps changes has ticks of a few milliseconds.
				time.Sleep(10 * time.Millisecond)

				c := New(scratchroot.OpenPath(t, dir+"/volume"), user.UID, user.GID)
				c.kernel = tc.view(c.root)
				if c.kernel.alone == tc.mounts {
					t.Fatalf("alone: %v", c.kernel.alone)
				}
				if err := c.Run(); err != nil {
					t.Fatal(err)
				}
				after := snapshot(t, dir)
				if len(after) != len(before) {
					t.Errorf("%d entries, %d before", len(after), len(before))
				}
				for path, was := range before {
					want := was
					inside := path == dir+"/volume" || strings.HasPrefix(path, dir+"/volume/")
					foreign := slices.ContainsFunc(made, func(m string) bool { return path == m || strings.HasPrefix(path, m+"/") })
					now := after[path]
					if inside && !foreign && was.owner != users {
						want.owner = users
						// What was changed has a new time; what was not is as it was, to the
						// nanosecond. A hard link is changed by its other name.
						want.changed = now.changed
						// As for any chown of a program (chown(2)).
						if was.mode&unix.S_IFMT == unix.S_IFREG && was.mode&0o111 != 0 {
							want.mode &^= unix.S_ISUID
							if was.mode&unix.S_IXGRP != 0 {
								want.mode &^= unix.S_ISGID
							}
						}
					}
					if now != want {
						t.Errorf("%q was %+v and is %+v, not %+v", path, was, now, want)
					}
				}
				again := New(c.root, user.UID, user.GID)
				again.kernel = tc.view(c.root)
				if err := again.Run(); err != nil || again.Changed.Load() != 0 {
					t.Errorf("a second run changed %d, %v", again.Changed.Load(), err)
				}
				if again.Seen.Load() != c.Seen.Load() {
					t.Errorf("a second run saw %d entries, the first %d", again.Seen.Load(), c.Seen.Load())
				}
			})
		}
	}
}

// state is all of an entry that a change of owner may or may not touch.
type state struct {
	owner   [2]int
	mode    uint32
	links   uint64
	inode   uint64
	changed unix.Timespec
}

// snapshot looks at everything below dir, through mounts and through no symlink.
func snapshot(t *testing.T, dir string) map[string]state {
	t.Helper()
	all := map[string]state{}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		all[path] = state{[2]int{int(st.Uid), int(st.Gid)}, st.Mode, uint64(st.Nlink), st.Ino, st.Ctim}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// randomTree fills a volume with everything that has gone wrong for someone.
func randomTree(t *testing.T, rnd *rand.Rand, volume, outside string) {
	dirs := []string{volume}
	names := []string{"a b", "new\nline", `back\slash`, "_", "-rf", "é\xff", strings.Repeat("n", 255), "\\040", ":"}
	check := checker(t)
	for i := range 150 {
		at := dirs[rnd.IntN(len(dirs))]
		path := filepath.Join(at, names[rnd.IntN(len(names))]+fmt.Sprint(i))
		if len(filepath.Base(path)) > 255 {
			path = filepath.Join(at, fmt.Sprint(i)+strings.Repeat("n", 250))
		}
		switch rnd.IntN(12) {
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
		case 7:
			check(unix.Mkfifo(path, 0o600))
		case 8:
			check(unix.Mknod(path, unix.S_IFSOCK|0o600, 0))
		case 9: // of another: setuid, setgid, or setgid for mandatory locking
			check(os.WriteFile(path, nil, 0o600))
			check(os.Chmod(path, []fs.FileMode{0o755 | fs.ModeSetuid, 0o755 | fs.ModeSetgid, 0o644 | fs.ModeSetgid}[rnd.IntN(3)]))
		case 10:
			check(os.Mkdir(path, 0o700))
			check(os.Chmod(path, 0o755|fs.ModeSetgid|fs.ModeSticky))
			check(os.Symlink("..", path+"/up"))
		default:
			check(os.WriteFile(path, nil, 0o600))
			if rnd.IntN(2) == 0 {
				check(os.Chown(path, 77, user.GID))
			}
		}
	}
}

func checker(t *testing.T) func(error) {
	return func(err error) {
		t.Helper()
		if err != nil && !errors.Is(err, fs.ErrExist) {
			t.Fatal(err)
		}
	}
}

// randomMounts mounts something in a filled volume and returns where: nothing may
// change there.
func randomMounts(t *testing.T, rnd *rand.Rand, volume, outside string) (mounts []string) {
	check := checker(t)
	var dirs []string
	err := filepath.WalkDir(volume, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return err
	})
	check(err)
	for i, source := range []string{outside, outside + "/file", "tmpfs"} {
		path := filepath.Join(dirs[rnd.IntN(len(dirs))], fmt.Sprintf("m %d\\", i))
		for _, m := range mounts {
			if strings.HasPrefix(path, m+"/") {
				path = filepath.Join(volume, fmt.Sprintf("m %d\\", i))
			}
		}
		switch i {
		case 1:
			check(os.WriteFile(path, nil, 0o600))
			scratchroot.Mount(t, source, path, "", unix.MS_BIND)
		case 2:
			check(os.Mkdir(path, 0o700))
			scratchroot.Mount(t, source, path, "tmpfs", 0)
			check(os.WriteFile(path+"/f", nil, 0o600))
		default:
			check(os.Mkdir(path, 0o700))
			scratchroot.Mount(t, source, path, "", unix.MS_BIND)
		}
		mounts = append(mounts, path)
	}
	return mounts
}

func TestChownSingle(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	t.Run("file", func(t *testing.T) {
		dir := scratchroot.TempDir(t)
		testfiles.Put(t, dir, map[string]string{"f": "", "g": ""})
		if err := New(scratchroot.OpenPath(t, dir+"/f"), user.UID, user.GID).Run(); err != nil {
			t.Fatal(err)
		}
		if scratchroot.Owner(t, dir+"/f") != users || scratchroot.Owner(t, dir+"/g") != [2]int{0, 0} {
			t.Error("not just that file has changed owner")
		}
	})
	t.Run("path longer than the kernel takes", func(t *testing.T) {
		dir := scratchroot.TempDir(t)
		at, depth := scratchroot.OpenPath(t, dir), 40
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
		c := New(scratchroot.OpenPath(t, dir), user.UID, user.GID)
		if err := c.Run(); err != nil {
			t.Fatal(err)
		}
		var st unix.Stat_t
		if err := unix.Fstat(at, &st); err != nil || int(st.Uid) != user.UID {
			t.Errorf("the deepest directory is of %d, %v", st.Uid, err)
		}
		if got := c.Changed.Load(); got != int64(depth)+1 {
			t.Errorf("%d entries changed, not %d", got, depth+1)
		}
	})
	t.Run("deeper than any path", func(t *testing.T) {
		dir := scratchroot.TempDir(t)
		testfiles.Put(t, dir, map[string]string{"beside": ""})
		at := scratchroot.OpenPath(t, dir)
		for range maxDepth + 500 {
			if err := unix.Mkdirat(at, "d", 0o755); err != nil {
				t.Fatal(err)
			}
			next, err := unix.Openat(at, "d", unix.O_PATH|unix.O_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(next)
			at = next
		}
		c := New(scratchroot.OpenPath(t, dir), user.UID, user.GID)
		if err := c.Run(); !errors.Is(err, errDeep) || !strings.Contains(err.Error(), `1 could not be changed, the first is "d": `) {
			t.Errorf("error %v", err)
		}
		// The root, what is beside, and the chain with its last one's entry.
		if got := c.Seen.Load(); got != maxDepth+3 || c.Changed.Load() != got {
			t.Errorf("%d entries seen, %d changed, not %d", got, c.Changed.Load(), maxDepth+3)
		}
	})
	t.Run("read-only", func(t *testing.T) {
		dir := scratchroot.TempDir(t)
		testfiles.Put(t, dir, map[string]string{"a/b": "", "c": "", "d": ""})
		scratchroot.Mount(t, dir, dir, "", unix.MS_BIND)
		scratchroot.Mount(t, "", dir, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY)
		c := New(scratchroot.OpenPath(t, dir), user.UID, user.GID)
		if err := c.Run(); !errors.Is(err, unix.EROFS) || c.failed.Load() != 1 {
			t.Errorf("error %v after %d failures; one is enough", err, c.failed.Load())
		}
	})
	t.Run("one entry refuses", func(t *testing.T) {
		dir := scratchroot.TempDir(t)
		testfiles.Put(t, dir, map[string]string{"a/f": "", "b/f": ""})
		scratchroot.Mount(t, "tmpfs", dir+"/b", "tmpfs", 0)
		testfiles.Put(t, dir, map[string]string{"b/no": "", "b/yes": ""})
		setImmutable(t, dir+"/b/no", true)
		defer setImmutable(t, dir+"/b/no", false)
		c := New(scratchroot.OpenPath(t, dir+"/b"), user.UID, user.GID)
		err := c.Run()
		if !errors.Is(err, unix.EPERM) || !strings.Contains(err.Error(), `1 could not be changed, the first is "no"`) {
			t.Errorf("error %v", err)
		}
		if scratchroot.Owner(t, dir+"/b/yes") != users || scratchroot.Owner(t, dir+"/b") != users {
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

// BenchmarkChown measures a tree of 20,000 files in 200 directories, all of which
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
				if err := New(scratchroot.OpenPath(b, dir), uid, user.GID).Run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What waits to be done takes the memory of its names, not of its paths.
func TestChownQueueIsSmall(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	const count = 5000
	dir := scratchroot.TempDir(t)
	deep := dir + strings.Repeat("/"+strings.Repeat("d", 200), 15)
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range count {
		if err := os.Mkdir(fmt.Sprintf("%s/%d", deep, i), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c := New(scratchroot.OpenPath(t, dir), user.UID, user.GID)
	c.queue = []*directory{{}}
	buf := make([]byte, direntBuffer)
	var before, after runtime.MemStats
	for len(c.queue) == 1 {
		next := c.queue[0]
		c.queue = nil
		runtime.ReadMemStats(&before)
		if err := c.do(next, buf); err != nil || c.first != nil {
			t.Fatal(err, c.first)
		}
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; len(c.queue) != count || took > 1<<20 {
		t.Errorf("%d directories took %d bytes; their paths are of %d", len(c.queue), took, count*len(deep))
	}
}
