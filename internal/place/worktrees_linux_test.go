package place

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/saferoot"
	"ctenv/internal/scratchroot"
	"ctenv/internal/testfiles"
	"ctenv/internal/wire"
)

func TestPlace(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	root := [2]int{0, 0}
	place := func(t *testing.T, r *saferoot.Root, path, link string) {
		t.Helper()
		for _, want := range []bool{true, false} {
			got, err := Worktree(r, wire.Place{Path: wire.Text(path), Link: wire.Text(link)}, user, Links{})
			if err != nil || got != want {
				t.Errorf("%q, %q: made %v, %v; want %v", path, link, got, err, want)
			}
		}
	}
	t.Run("an empty file that nobody writes", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		place(t, r, "/a/b \"\n,:/.git", "")
		at := dir + "/a/b \"\n,:/.git"
		if info, err := os.Lstat(at); err != nil || info.Mode() != 0o444 || info.Size() != 0 || scratchroot.Owner(t, at) != root {
			t.Errorf("%v, %v", info, err)
		}
	})
	t.Run("below the home", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		testfiles.Put(t, dir, map[string]string{"home/bob/x": ""})
		place(t, r, "/home/bob/src/other/.git", "")
		if scratchroot.Owner(t, dir+"/home/bob/src") != users || scratchroot.Owner(t, dir+"/home") != root {
			t.Error("directories on the way are the user's below the home, and only there")
		}
	})
	t.Run("a link", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		testfiles.Put(t, dir, map[string]string{"repo/.git": "gitdir: x"})
		place(t, r, "/a/wt/.git", "/repo")
		if to, err := os.Readlink(dir + "/a/wt"); err != nil || to != "/repo" {
			t.Errorf("%q, %v", to, err)
		}
	})
	t.Run("a directory where the link would be", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		testfiles.Put(t, dir, map[string]string{"a/wt/cache/x": ""})
		place(t, r, "/a/wt/.git", "/repo")
		if info, err := os.Lstat(dir + "/a/wt/.git"); err != nil || !info.Mode().IsRegular() {
			t.Errorf("%v, %v", info, err)
		}
	})
	t.Run("a directory that is a link or stays", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		testfiles.Put(t, dir, map[string]string{"home/bob/x": ""})
		place(t, r, "/a/wt/", "/repo")
		if to, err := os.Readlink(dir + "/a/wt"); err != nil || to != "/repo" {
			t.Errorf("%q, %v", to, err)
		}
		if made, err := Worktree(r, wire.Place{Path: "/home/bob/", Link: "/repo"}, user, Links{}); made || err != nil {
			t.Errorf("made %v, %v", made, err)
		}
		if left, _ := filepath.Glob(dir + "/home/bob/*"); len(left) != 1 {
			t.Errorf("%q", left)
		}
	})
	t.Run("what is there stays", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		testfiles.Put(t, dir, map[string]string{"a/.git/HEAD": "", "b/.git": "gitdir: x"})
		for _, p := range []wire.Text{"/a/.git", "/b/.git"} {
			if made, err := Worktree(r, wire.Place{Path: p}, user, Links{}); made || err != nil {
				t.Errorf("%q: %v, %v", p, made, err)
			}
		}
		if data, _ := os.ReadFile(dir + "/b/.git"); string(data) != "gitdir: x" {
			t.Errorf("%q", data)
		}
	})
	t.Run("never in a mount", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		testfiles.Put(t, dir, map[string]string{"host/x": "", "m/x": ""})
		scratchroot.Mount(t, dir+"/host", dir+"/m", "", unix.MS_BIND)
		for _, w := range []wire.Place{{Path: "/m/.git"}, {Path: "/m/a/b/.git"}, {Path: "/m/a/.git", Link: "/repo"}} {
			if made, err := Worktree(r, w, user, Links{}); made || err == nil {
				t.Errorf("%+v: made %v, %v", w, made, err)
			}
		}
		if left, _ := filepath.Glob(dir + "/host/*"); len(left) != 1 {
			t.Errorf("%q", left)
		}
	})
	t.Run("through nobody's link", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		testfiles.Put(t, dir, map[string]string{"etc/x": "", "v/x": ""})
		os.Symlink("/etc", dir+"/v/link")
		os.Lchown(dir+"/v/link", users[0], users[1])
		if made, err := Worktree(r, wire.Place{Path: "/v/link/.git"}, user, Links{}); made || err == nil {
			t.Errorf("made %v, %v", made, err)
		}
		os.Symlink("/etc/made", dir+"/v/.git") // a dangling one is there all the same
		if made, err := Worktree(r, wire.Place{Path: "/v/.git"}, user, Links{}); made || err != nil {
			t.Errorf("made %v, %v", made, err)
		}
	})
	t.Run("below a link of an earlier one, where the user could have put another", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		testfiles.Put(t, dir, map[string]string{"repo/.git": "", "repo/sub/.git": "", "etc/x": "", "home/bob/x": ""})
		os.Chown(dir+"/home/bob", users[0], users[1])
		both := func() (made [2]bool, err error) {
			links, errs := Links{}, [2]error{}
			made[0], errs[0] = Worktree(r, wire.Place{Path: "/home/bob/wt/.git", Link: "/repo"}, user, links)
			made[1], errs[1] = Worktree(r, wire.Place{Path: "/home/bob/wt/sub/.git"}, user, links)
			return made, errors.Join(errs[:]...)
		}
		for _, want := range [][2]bool{{true, false}, {false, false}} { // and again, by a command that joins
			if made, err := both(); made != want || err != nil {
				t.Errorf("made %v, %v; want %v", made, err, want)
			}
		}
		os.Remove(dir + "/home/bob/wt")
		os.Symlink("/etc", dir+"/home/bob/wt")
		if _, err := both(); !errors.Is(err, saferoot.ErrOwnLink) {
			t.Error(err)
		}
		if left, _ := filepath.Glob(dir + "/etc/*"); len(left) != 1 {
			t.Errorf("%q", left)
		}
	})
}
