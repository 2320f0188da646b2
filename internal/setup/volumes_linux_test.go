package setup

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/child"
	"ctenv/internal/chowntree"
	"ctenv/internal/hint"
	"ctenv/internal/message"
	"ctenv/internal/mounts"
	"ctenv/internal/program"
	"ctenv/internal/saferoot"
	"ctenv/internal/scratchroot"
	"ctenv/internal/testfiles"
	"ctenv/internal/wire"
)

// A project can hold a symlink, so that two targets are one place; and it can be
// changed while the post-start commands run.
func TestVolumesElsewhere(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	dir := scratchroot.TempDir(t)
	testfiles.Put(t, dir, map[string]string{"cache/f": "", "host/f": "", "at/x": "", "repo/cache/x": ""})
	scratchroot.Mount(t, dir+"/cache", dir+"/at", "", unix.MS_BIND)
	scratchroot.Mount(t, dir+"/host", dir+"/at", "", unix.MS_BIND)
	scratchroot.Mount(t, dir+"/cache", dir+"/repo/cache", "", unix.MS_BIND)
	if err := os.Symlink(dir+"/at", dir+"/repo/link"); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	in := &Init{msg: message.Writer{Out: &out}, req: wire.Request{User: user}, root: machineRoot(t)}
	// Only asked, never flagged: here "/" is the machine's, not a container's, and
	// a broken check would give all of it away.
	if err := in.notAnother("/", scratchroot.OpenPath(t, "/")); err == nil {
		t.Error("the root of the container is taken for a volume")
	}
	// Their own link could lead elsewhere by the time that it is followed.
	if err := errors.Join(os.Symlink(dir+"/host", dir+"/repo/theirs"), os.Lchown(dir+"/repo/theirs", users[0], users[1])); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/repo/link", "/repo/cache", "/repo/theirs"} {
		in.req.Chown = append(in.req.Chown, wire.Text(dir+target))
	}
	in.req.Mounts = append([]wire.Text{wire.Text(dir + "/gone"), wire.Text(dir + "/at")}, in.req.Chown...)
	in.points = sync.OnceValue(func() mounts.Points { return mounts.Look(&in.req) })
	if id, err := saferoot.MountID(scratchroot.OpenPath(t, dir+"/repo/cache")); err != nil || !slices.Equal(in.flagged(), []uint64{id}) {
		t.Errorf("flagged are %v, not %d: %v", in.flagged(), id, err)
	}
	if _, err := in.volumeRoots(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`/repo/link" keeps its owner: it is the same place as "` + dir + `/at"`, `/repo/theirs" keeps its owner: a symlink on the way is the user's own`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	// Another container that has the project does not see the mount in it. Here a
	// symlink on the way is turned to the same effect.
	if err := os.Rename(dir+"/repo", dir+"/old"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The mount in it is removed by its name.
		if err := errors.Join(os.RemoveAll(dir+"/repo"), os.Rename(dir+"/old", dir+"/repo")); err != nil {
			t.Error(err)
		}
	})
	testfiles.Put(t, dir, map[string]string{"repo/x": ""})
	if err := os.Symlink(dir+"/at", dir+"/repo/cache"); err != nil {
		t.Fatal(err)
	}
	if _, err := in.volumeContents(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][2]int{"/host": {}, "/host/f": {}, "/cache": users, "/cache/f": users} {
		if got := scratchroot.Owner(t, dir+path); got != want {
			t.Errorf("%s is of %v, not %v", path, got, want)
		}
	}
}

// machineRoot is the root of the test itself.
func machineRoot(t *testing.T) *saferoot.Root {
	t.Helper()
	r, err := saferoot.OpenRoot("/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(r.FD) })
	return r
}

func TestVolumes(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	dir := scratchroot.TempDir(t)
	testfiles.Put(t, dir, map[string]string{
		"data/sub/f": "", "ro/f": "", "plain/f": "", "file": "", "mounted/x": "", "mountedro/x": "", "mountedfile": "",
	})
	scratchroot.Mount(t, dir+"/data", dir+"/mounted", "", unix.MS_BIND)
	scratchroot.Mount(t, dir+"/file", dir+"/mountedfile", "", unix.MS_BIND)
	scratchroot.Mount(t, dir+"/ro", dir+"/mountedro", "", unix.MS_BIND)
	scratchroot.Mount(t, "", dir+"/mountedro", "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY)
	// An image's symlink above a mount point is followed, as the engine did.
	os.Symlink("mounted", dir+"/link")

	var out bytes.Buffer
	in := &Init{msg: message.Writer{Out: &out}, req: wire.Request{User: user}, root: machineRoot(t)}
	for _, target := range []string{"/link", "/mountedro", "/mountedfile", "/plain", "/missing"} {
		in.req.Chown = append(in.req.Chown, wire.Text(dir+target))
	}
	in.points = sync.OnceValue(func() mounts.Points { return mounts.Look(&in.req) })
	if _, err := in.volumeRoots(); err != nil {
		t.Fatal(err)
	}
	if scratchroot.Owner(t, dir+"/data") != users || scratchroot.Owner(t, dir+"/data/sub") != [2]int{0, 0} {
		t.Error("at first, only the root changes owner")
	}
	for _, want := range []string{`/mountedro" keeps its owner: read-only`, `/plain" keeps its owner: nothing is mounted`, `/missing" keeps its owner: no such`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	out.Reset()
	if _, err := in.volumeContents(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][2]int{
		"/data/sub/f": users, "/file": users, "/ro/f": {}, "/plain": {}, "/plain/f": {},
	} {
		if got := scratchroot.Owner(t, dir+path); got != want {
			t.Errorf("%s is of %v, not %v", path, got, want)
		}
	}
	if out.Len() > 0 {
		t.Errorf("it says what was said before:\n%s", out.String())
	}
}

// firstWrite tells when something was written.
type firstWrite chan string

func (w firstWrite) Write(p []byte) (int, error) {
	select {
	case w <- string(p):
	default:
	}
	return len(p), nil
}

func TestProgress(t *testing.T) {
	for _, tc := range []struct {
		live bool
		want string
	}{{true, "\r[ctenv] owner of \"/cache\": 7 entries"}, {false, "[ctenv] owner of \"/cache\": 7 entries\n"}} {
		written := make(firstWrite, 1)
		in := &Init{msg: message.Writer{Out: written, Live: tc.live}}
		c := &chowntree.Chowner{}
		c.Seen.Add(7)
		stop := in.progress("/cache", c)
		if got := <-written; got != tc.want {
			t.Errorf("live %v: %q", tc.live, got)
		}
		stop()
	}
}

func TestExitCode(t *testing.T) {
	way := hinted(errors.New("cause"), "do %s", "this")
	for _, tc := range []struct {
		err  error
		code int
		text string
	}{
		{&stepError{"home", way}, 125, "error: home: cause\nhint: do this\n"},
		{&hint.Error{Err: program.ErrNotFound, Code: 127}, 127, "error: command not found\n"},
		{&stepError{"sudo", &child.SignalError{Signal: unix.SIGINT}}, 130, "error: sudo: stopped by signal: interrupt\n"},
	} {
		var out bytes.Buffer
		message.Writer{Out: &out}.Error(tc.err)
		if ExitCode(tc.err) != tc.code || out.String() != tc.text {
			t.Errorf("%v: exit code %d, %q", tc.err, ExitCode(tc.err), out.String())
		}
	}
}

// A directory of the host that was exchanged for one of another user's since ctenv looked
// at it stays that user's.
func TestVolumeOfAnotherOwner(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	dir := scratchroot.TempDir(t)
	testfiles.Put(t, dir, map[string]string{"mine/f": "", "theirs/f": "", "a/x": "", "b/x": ""})
	if err := errors.Join(os.Chown(dir+"/mine", 77, 77), os.Chown(dir+"/theirs", 78, 78)); err != nil {
		t.Fatal(err)
	}
	scratchroot.Mount(t, dir+"/mine", dir+"/a", "", unix.MS_BIND)
	scratchroot.Mount(t, dir+"/theirs", dir+"/b", "", unix.MS_BIND)
	var out bytes.Buffer
	in := &Init{msg: message.Writer{Out: &out}, req: wire.Request{User: user}, root: machineRoot(t)}
	for _, target := range []string{"/a", "/b"} {
		in.req.Chown = append(in.req.Chown, wire.Text(dir+target))
		in.req.Owners = append(in.req.Owners, wire.Owner{Target: wire.Text(dir + target), UID: 77})
	}
	in.points = sync.OnceValue(func() mounts.Points { return mounts.Look(&in.req) })
	if _, err := in.volumeRoots(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.volumeContents(); err != nil {
		t.Fatal(err)
	}
	if want := `/b" keeps its owner: it belongs to uid 78 here, and to uid 77 where ctenv looked at it`; !strings.Contains(out.String(), want) {
		t.Errorf("no %q in\n%s", want, out.String())
	}
	for path, want := range map[string][2]int{"/mine": users, "/mine/f": users, "/theirs": {78, 78}, "/theirs/f": {}} {
		if got := scratchroot.Owner(t, dir+path); got != want {
			t.Errorf("%s is of %v, not %v", path, got, want)
		}
	}
}
