package host

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/look"
	"ctenv/internal/owners"
)

// ways gives a trail as words, from below the test's directory on.
func ways(t *testing.T, dir, p string) []string {
	t.Helper()
	trail, err := Trail(p)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range trail {
		if rel, ok := strings.CutPrefix(s.Path, dir+"/"); ok {
			if s.Writers != "" {
				rel += " " + s.Writers
			}
			out = append(out, rel)
		}
	}
	return out
}

func TestTrail(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"p/deep", "shared", "loop"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "p/f"), "")
	for name, target := range map[string]string{"l": "p/f", "abs": dir + "/p", "up": "p/deep/../f", "loop/a": "b", "loop/b": "a"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "shared"), 0o1777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "shared/f"), "")
	for p, want := range map[string][]string{
		"p/f":         {"p", "p/f"},
		"l":           {"l", "p", "p/f"},
		"abs/f":       {"abs", "p", "p/f"},
		"up":          {"up", "p", "p/deep", "p/f"},
		"p/deep/../f": {"p", "p/deep", "p/f"},
		"shared/f":    {"shared everybody", "shared/f"},
	} {
		if got := ways(t, dir, dir+"/"+p); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", p, got, want)
		}
	}
	if _, err := Trail(dir + "/loop/a"); err == nil {
		t.Error("a loop has no end")
	}
	if _, err := Trail(dir + "/none"); !os.IsNotExist(err) {
		t.Error(err)
	}
}

// What a shell opens for `--config <(…)` is nowhere in a directory.
func TestTrailOfPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	p := fmt.Sprintf("/dev/fd/%d", r.Fd())
	trail, err := Trail(p)
	if err != nil || len(trail) != 1 || trail[0].UID != os.Getuid() {
		t.Errorf("%+v, %v", trail, err)
	}
	if got := lookAndRead(look.Wants{Paths: []string{p}, Files: []string{p}, Trails: []string{p}}).Files[p]; got.Err == nil || got.Err.Error() != "it is a named pipe, no regular file" {
		t.Errorf("%q, %v", got.Data, got.Err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(p, link); err != nil {
		t.Fatal(err)
	}
	if trail, err = Trail(link); err != nil || path.Base(trail[len(trail)-1].Path) != path.Base(p) {
		t.Errorf("by a link: %+v, %v", trail, err)
	}
}

// Who leads to a device now can lead to a file by the time it is read.
func TestTrailToDevice(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/null", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	if got := ways(t, dir, dir+"/link"); !slices.Equal(got, []string{"link"}) {
		t.Errorf("%q", got)
	}
	// Nor does what a process has open hide the way from there.
	if err := errors.Join(os.WriteFile(dir+"/file", nil, 0o600), os.Symlink("/proc/self/root"+dir+"/file", dir+"/byroot")); err != nil {
		t.Fatal(err)
	}
	if got := ways(t, dir, dir+"/byroot"); !slices.Contains(got, "file") {
		t.Errorf("%q", got)
	}
	trail, err := Trail("/dev/null")
	if err != nil || len(trail) != 3 || trail[2].Writers != "" {
		t.Errorf("%+v, %v", trail, err)
	}
}

// What cannot be looked at, and what others could make, is no place that is the caller's alone.
func TestExposed(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(dir+"/shared", 0o700), os.Chmod(dir+"/shared", 0o777|os.ModeSticky), os.Mkdir(dir+"/shared/mine", 0o700), os.Symlink("loop", dir+"/loop"), os.Symlink("shared/gone", dir+"/dangling")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"": "", "missing/below": "", "shared": "", "shared/mine": "", "shared/mine/missing": "",
		"shared/missing/below": "can be written by everybody", "loop": "cannot be looked at", "dangling": "can be written by everybody",
	} {
		if got := Exposed(filepath.Join(dir, name), Mine(nil, nil)); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// The bits of a group are an access control list's mask, and need not be the group's.
func TestTrailOfAccessControlList(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	entry := func(tag, perm uint16, id uint32) []byte {
		return []byte{byte(tag), byte(tag >> 8), byte(perm), byte(perm >> 8), byte(id), byte(id >> 8), byte(id >> 16), byte(id >> 24)}
	}
	const none = 0xffffffff
	for name, tt := range map[string]struct {
		list [][]byte
		want string
	}{
		"another user":    {[][]byte{entry(1, 7, none), entry(2, 7, 4242), entry(4, 5, none), entry(16, 7, none), entry(32, 5, none)}, " uid 4242"},
		"one who reads":   {[][]byte{entry(1, 7, none), entry(2, 5, 4242), entry(4, 5, none), entry(16, 7, none), entry(32, 5, none)}, ""},
		"held by no mask": {[][]byte{entry(1, 7, none), entry(2, 7, 0), entry(4, 5, none), entry(16, 7, none), entry(32, 5, none)}, ""},
		"another group":   {[][]byte{entry(1, 7, none), entry(4, 5, none), entry(8, 7, 4243), entry(16, 7, none), entry(32, 5, none)}, " the group 4243"},
	} {
		f := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		write(t, f, "")
		data := []byte{2, 0, 0, 0}
		for _, e := range tt.list {
			data = append(data, e...)
		}
		if err := unix.Setxattr(f, "system.posix_acl_access", data, 0); err == unix.ENOTSUP {
			t.Skip("no access control lists here")
		} else if err != nil {
			t.Fatal(err)
		}
		if got := ways(t, dir, f); got[0] != filepath.Base(f)+tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestMine(t *testing.T) {
	m := Mine(map[string]string{"SUDO_UID": "4242", owners.Variable: "/builds:relative::*"}, []string{"/team/"})
	want := []int{os.Getuid()}
	if os.Getuid() == 0 {
		want = append(want, 4242)
	}
	if !slices.Equal(m.UIDs, want) || !slices.Contains(m.Safe, "/builds") || !slices.Contains(m.Safe, "/team") || !slices.Contains(m.Safe, "*") || slices.Contains(m.Safe, "relative") {
		t.Errorf("%+v", m)
	}
}

// TestLinks: who can exchange a link on the way decides as well what it leads to.
func TestLinks(t *testing.T) {
	dir := Real(t.TempDir())
	for _, d := range []string{"home", "data/state"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Symlink("../data", dir+"/home/local"), os.Symlink("state", dir+"/data/link")); err != nil {
		t.Fatal(err)
	}
	for p, want := range map[string][]string{
		"/home/x":            {},
		"/home/local/link/x": {"/home/local", "/data/link"},
		"/home/local/none/x": {"/home/local"},
	} {
		for i := range want {
			want[i] = dir + want[i]
		}
		if got := Links(dir + p); !slices.Equal(got, want) {
			t.Errorf("%s: %q", p, got)
		}
	}
}
