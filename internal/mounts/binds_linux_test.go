package mounts

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/mountinfo"
	"ctenv/internal/scratchroot"
	"ctenv/internal/testfiles"
	"ctenv/internal/wire"
)

func TestMain(m *testing.M) { os.Exit(scratchroot.Main(m)) }

// bindOf is what ctenv would have seen at path.
func bindOf(t *testing.T, path, target string) wire.Bind {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	return wire.Bind{Target: wire.Text(target), Source: wire.Text(path), Dev: st.Dev, Ino: st.Ino, UID: int(st.Uid)}
}

func ownBootID() (string, error) {
	mounted, err := mountinfo.Own()
	if err != nil {
		return "", err
	}
	return bootID(mounted)
}

func exchange(t *testing.T, a, b string) {
	t.Helper()
	if err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE); err != nil {
		t.Fatal(err)
	}
}

// TestCheckMoved: what was looked at on the host is at its name again, but the mount was
// made of something else, and moved away with the directory that it is in.
func TestCheckMoved(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	dir := scratchroot.TempDir(t)
	testfiles.Put(t, dir, map[string]string{"repo/l/x/f": "", "repo/e/x/f": "", "secret/key": "", "other/f": "", "at/f": ""})
	boot, err := ownBootID()
	if err != nil || boot == "" {
		t.Fatalf("boot id %q, %v", boot, err)
	}
	right := bindOf(t, dir+"/repo/e/x", dir+"/repo/l/x")
	other := bindOf(t, dir+"/other", dir+"/at")
	req := &wire.Request{Boot: boot, Binds: []wire.Bind{right, other}}
	scratchroot.Mount(t, dir+"/other", dir+"/at", "", unix.MS_BIND)
	check := func(want string) {
		t.Helper()
		did, err := Check(req, Look(req))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q, %v; want %q", did, err, want)
		}
	}
	exchanged := "is not what is mounted at"
	check(exchanged) // nothing is mounted there

	scratchroot.Mount(t, dir+"/secret", dir+"/repo/l/x", "", unix.MS_BIND)
	check(exchanged)
	exchange(t, dir+"/repo/l", dir+"/repo/e")
	check(exchanged)
	exchange(t, dir+"/repo/l", dir+"/repo/e")
	if err := unix.Unmount(dir+"/repo/l/x", 0); err != nil {
		t.Fatal(err)
	}

	scratchroot.Mount(t, dir+"/repo/e/x", dir+"/repo/l/x", "", unix.MS_BIND)
	check("")
	req.Boot = wire.OtherBoot
	scratchroot.Mount(t, "tmpfs", "/proc/sys/kernel/random", "tmpfs", 0)
	check("")
	req.Boot = boot
	check("a mount hides")
	if err := unix.Unmount("/proc/sys/kernel/random", 0); err != nil {
		t.Fatal(err)
	}

	// Of one directory at two targets, one mount is not both; two, one over the other, are.
	req.Binds = append(req.Binds, bindOf(t, dir+"/other", dir+"/at2"))
	if err := os.Symlink("at", dir+"/at2"); err != nil {
		t.Fatal(err)
	}
	check(exchanged)
	scratchroot.Mount(t, dir+"/other", dir+"/at", "", unix.MS_BIND)
	check("")
	for range 2 {
		if err := unix.Unmount(dir+"/at", 0); err != nil {
			t.Fatal(err)
		}
	}
	scratchroot.Mount(t, dir+"/secret", dir+"/at", "", unix.MS_BIND)
	scratchroot.Mount(t, dir+"/other", dir+"/at", "", unix.MS_BIND)
	check(exchanged)
}

// TestCheckVolume: a flagged volume in the project has to be the one by its name.
func TestCheckVolume(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	dir := scratchroot.TempDir(t)
	testfiles.Put(t, dir, map[string]string{"volumes/cache/_data/f": "", "volumes/other/_data/f": "", "project/in/x/f": "", "project/host/f": "", "project/deep/host/f": "", "repo/f": "", "own/f": "", "root/f": ""})
	scratchroot.Mount(t, dir+"/project", dir+"/repo", "", unix.MS_BIND)
	scratchroot.Mount(t, dir+"/root", dir+"/repo/deep", "", unix.MS_BIND)
	testfiles.Put(t, dir, map[string]string{"root/y/f": ""})
	boot, err := ownBootID()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		source, target string
		ok             bool
	}{
		{"/volumes/cache/_data", "/repo/in/x", true},
		{"/volumes/other/_data", "/repo/in/x", false},
		{"/root", "/repo/host", false},
		{"/volumes/other/_data", "/repo/deep/y", false},
		{"/root", "/own", true}, // nobody's to exchange
	} {
		t.Run(tc.source+" at "+tc.target, func(t *testing.T) {
			scratchroot.Mount(t, dir+tc.source, dir+tc.target, "", unix.MS_BIND)
			target := wire.Text(dir + tc.target)
			req := &wire.Request{Boot: boot, Mounts: []wire.Text{target}, Binds: []wire.Bind{bindOf(t, dir+"/project", dir+"/repo")}}
			if err := Look(req).CheckVolume(req, target, "cache"); (err == nil) != tc.ok {
				t.Error(err)
			}
		})
	}
}

// TestBootIDHidden: what is mounted over the kernel's answer does not decide whether
// anything is compared.
func TestBootIDHidden(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	dir := scratchroot.TempDir(t)
	testfiles.Put(t, dir, map[string]string{"f": ""})
	boot, err := ownBootID()
	if err != nil || boot == "" {
		t.Fatalf("boot id %q, %v", boot, err)
	}
	b := bindOf(t, dir, dir)
	for name, hide := range map[string]func(t *testing.T){
		"a tmpfs":                 func(t *testing.T) { scratchroot.Mount(t, "tmpfs", "/proc/sys/kernel/random", "tmpfs", 0) },
		"a tmpfs above":           func(t *testing.T) { scratchroot.Mount(t, "tmpfs", "/proc/sys", "tmpfs", 0) },
		"a file of the container": func(t *testing.T) { scratchroot.Mount(t, dir+"/f", bootFile, "", unix.MS_BIND) },
		"another file of /proc": func(t *testing.T) {
			scratchroot.Mount(t, "/proc/sys/kernel/random/uuid", bootFile, "", unix.MS_BIND)
		},
		"another directory of /proc": func(t *testing.T) { scratchroot.Mount(t, "/proc/sys/vm", "/proc/sys/kernel", "", unix.MS_BIND) },
	} {
		t.Run(name, func(t *testing.T) {
			hide(t)
			req := &wire.Request{Boot: boot, Binds: []wire.Bind{b}}
			if did, err := Check(req, Look(req)); err == nil || !strings.Contains(err.Error(), "a mount hides") {
				t.Errorf("%q, %v", did, err)
			}
			if err := CheckJoined(req); err == nil {
				t.Error("a command joins")
			}
		})
	}
	t.Run("over itself, read-only", func(t *testing.T) {
		scratchroot.Mount(t, "/proc/sys", "/proc/sys", "", unix.MS_BIND)
		if id, err := ownBootID(); id != boot || err != nil {
			t.Errorf("%q, %v", id, err)
		}
	})
}
