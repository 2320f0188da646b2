package setup

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

const session = "0123456789abcdef0123456789abcdef"

// mountStay mounts what ctenv mounts in a container that stays.
func mountStay(t *testing.T) (string, *rootfs) {
	t.Helper()
	dir, root := tempRoot(t)
	at := dir + wire.StayDir
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	mount(t, "tmpfs", at, "tmpfs", 0)
	if err := os.Chmod(at, 0o700); err != nil {
		t.Fatal(err)
	}
	return at, root
}

func open(t *testing.T, r *rootfs) stayDir {
	t.Helper()
	d, err := openStay(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.close)
	return d
}

func TestOpenStayRefuses(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	for name, c := range map[string]struct {
		change func(t *testing.T, at string) error
		err    string
	}{
		"a folder of the image": {func(_ *testing.T, at string) error { return unix.Unmount(at, 0) }, "not the tmpfs"},
		"a mount of the host": {func(t *testing.T, at string) error {
			mount(t, "/proc", at, "", unix.MS_BIND)
			return nil
		}, "not the tmpfs"},
		"open to others": {func(_ *testing.T, at string) error { return os.Chmod(at, 0o755) }, "others than root"},
		"another's":      {func(_ *testing.T, at string) error { return os.Chown(at, 4242, 0) }, "others than root"},
		"behind a symlink": {func(_ *testing.T, at string) error {
			real := filepath.Dir(at) + ".real"
			if err := os.Rename(filepath.Dir(at), real); err != nil {
				return err
			}
			return os.Symlink(filepath.Base(real), filepath.Dir(at))
		}, "too many levels of symbolic links"},
	} {
		t.Run(name, func(t *testing.T) {
			at, root := mountStay(t)
			if d, err := openStay(root); err != nil {
				t.Fatal(err)
			} else {
				d.close()
			}
			if err := c.change(t, at); err != nil {
				t.Fatal(err)
			}
			if _, err := openStay(root); err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v, want %q", err, c.err)
			}
		})
	}
}

func TestReady(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	at, root := mountStay(t)
	d := open(t, root)
	want := ready{User: user, Shell: "auto", Chown: []wire.Text{"/cache"}, Env: []wire.Text{"A=1", "L=caf\xe9\n"}}
	got := make(chan ready, 1)
	go func() {
		result, err := d.await()
		if err != nil {
			t.Error(err)
		}
		got <- result
	}()
	if d.isReady() {
		t.Error("it is ready before set-up is over")
	}
	if err := d.publish(want); err != nil {
		t.Fatal(err)
	}
	if result := <-got; !reflect.DeepEqual(result, want) {
		t.Errorf("got %+v, want %+v", result, want)
	}
	if fi, err := os.Stat(at + "/" + readyName); err != nil || fi.Mode() != 0o600 {
		t.Errorf("the mark is %v, %v", fi.Mode(), err)
	}

	for name, change := range map[string]func(file string) error{
		"a symlink":      func(file string) error { return os.Symlink("/etc/shadow", file) },
		"a FIFO":         func(file string) error { return unix.Mkfifo(file, 0o600) },
		"for others":     func(file string) error { return os.WriteFile(file, []byte("{}"), 0o644) },
		"of another":     func(file string) error { return os.WriteFile(file, []byte("{}"), 0o600) },
		"an odd field":   func(file string) error { return os.WriteFile(file, []byte(`{"uid": 0}`), 0o600) },
		"something more": func(file string) error { return os.WriteFile(file, []byte(`{} {}`), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			file := at + "/" + readyName
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			if err := change(file); err != nil {
				t.Fatal(err)
			}
			if name == "of another" {
				if err := os.Chown(file, user.UID, 0); err != nil {
					t.Fatal(err)
				}
			}
			if result, err := d.await(); err == nil {
				t.Errorf("got %+v", result)
			}
		})
	}
}

// sleeper is a process that leads a group, as an exec'd one does.
func sleeper(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	// Caught here, it has its usual effect there; under nohup(1) it would have none.
	hups := make(chan os.Signal, 1)
	signal.Notify(hups, unix.SIGHUP)
	t.Cleanup(func() { signal.Stop(hups) })
	cmd := exec.Command("sh", "-c", script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
		_ = cmd.Wait()
	})
	return cmd
}

func TestSessions(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	at, root := mountStay(t)
	d := open(t, root)
	if err := d.begin(session); err != nil {
		t.Fatal(err)
	}
	if err := d.begin(session); err == nil {
		t.Error("a session can be taken twice")
	}
	p, err := d.session(session)
	if err != nil || p.pid != os.Getpid() || !p.alive() {
		t.Errorf("got %+v, %v", p, err)
	}
	// A later process with the id of an earlier one is another.
	if (process{p.pid, p.start + "1"}).alive() {
		t.Error("only the id counts")
	}

	ended := sleeper(t, "exit 0")
	// Until it has ended, and not been waited for.
	if err := unix.Waitid(unix.P_PID, ended.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if p, err := findProcess(ended.Process.Pid); err == nil {
		t.Errorf("%+v has ended", p)
	}
	// Its notes, some that nobody can have made, and one for the first process.
	for name, text := range map[string]string{"a": "99999999 1\n", "b": "junk", "c": "1 1\n", "d": "-1 1\n"} {
		if err := os.WriteFile(at+"/"+sessionPrefix+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	running, err := d.sessions()
	if err != nil || !slices.Equal(running, []process{p}) {
		t.Errorf("got %+v, %v, want %+v", running, err, p)
	}
	if _, err := os.Lstat(at + "/" + sessionPrefix + "a"); err == nil {
		t.Error("the note about a command that ended stays")
	}
	for _, name := range []string{"b", "c", "d"} {
		if p, err := d.session(name); err == nil {
			t.Errorf("session %s is %+v", name, p)
		}
	}
}

// TestWatch has a watch stand by a command. Each case is what its client writes, and
// whether it goes away then.
func TestWatch(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	for name, c := range map[string]struct {
		script, client string
		leaves         bool // the client goes away
		status         syscall.WaitStatus
		lives          bool
		err            string
	}{
		"a signal":              {script: "exec sleep 60", client: "15\n", status: syscall.WaitStatus(unix.SIGTERM)},
		"one that is expected":  {script: "trap 'exit 3' USR1; while :; do sleep 0.05; done", client: "10\n", status: 3 << 8},
		"the client goes":       {script: "exec sleep 60", leaves: true, status: syscall.WaitStatus(unix.SIGHUP)},
		"nobody hears of it":    {script: "trap '' HUP; sleep 60; sleep 60", leaves: true, status: syscall.WaitStatus(unix.SIGKILL)},
		"the client lets it go": {script: "exec sleep 60", client: wire.WatchLeave + "\n", leaves: true, lives: true},
		"no signal":             {script: "exec sleep 60", client: "0\n", lives: true, err: `"0" is no signal`},
		"no number":             {script: "exec sleep 60", client: "-9 1\n", lives: true, err: "is no signal"},
	} {
		t.Run(name, func(t *testing.T) {
			at, root := mountStay(t)
			d := open(t, root)
			if err := d.publish(ready{User: user}); err != nil {
				t.Fatal(err)
			}
			cmd := sleeper(t, c.script)
			time.Sleep(100 * time.Millisecond) // its traps
			p, err := findProcess(cmd.Process.Pid)
			if err != nil {
				t.Fatal(err)
			}
			note := fmt.Appendf(nil, "%d %s\n", p.pid, p.start)
			if err := os.WriteFile(at+"/"+sessionPrefix+session, note, 0o600); err != nil {
				t.Fatal(err)
			}
			in, client, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			done := make(chan error, 1)
			go func() {
				init := &Init{root: root, req: wire.Request{Session: session}}
				done <- init.watch(in, &out)
			}()
			time.Sleep(50 * time.Millisecond)
			client.WriteString(c.client)
			if c.leaves {
				client.Close()
			} else {
				defer client.Close()
			}
			if c.lives {
				if err := <-done; (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v, want %q", err, c.err)
				}
				if !p.alive() {
					t.Error("the command is gone")
				}
				return
			}
			state, err := cmd.Process.Wait()
			if err != nil {
				t.Fatal(err)
			}
			if got := state.Sys().(syscall.WaitStatus); got != c.status {
				t.Errorf("the command ended with %#x, want %#x", got, c.status)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
			if out.String() != wire.WatchEntered+"\n" {
				t.Errorf("the watch said %q", out.String())
			}
		})
	}
}

// TestStaySetup goes from set-up to a command and the stop, in a folder as the root.
func TestStaySetup(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	at, _ := mountStay(t)
	dir := strings.TrimSuffix(at, wire.StayDir)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	copyProgram(t, self, dir+wire.InitPath)
	put(t, dir, map[string]string{"dev/x": ""})
	if err := unix.Mknod(dir+"/dev/null", unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir+"/dev/null", 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir+"/proc", 0o755); err != nil {
		t.Fatal(err)
	}
	mount(t, "proc", dir+"/proc", "proc", 0)

	enter := func(req wire.Request, args ...string) *exec.Cmd {
		env, err := wire.Encode(req)
		if err != nil {
			t.Fatal(err)
		}
		return &exec.Cmd{Path: wire.InitPath, Args: append([]string{"ctenv-init"}, args...), Dir: "/", Env: append(env, "IMAGE=a b"),
			SysProcAttr: &syscall.SysProcAttr{Chroot: dir}}
	}
	req := wire.Request{
		User: user, Workdir: "/repo", Shell: "auto", Command: wire.Command{Kind: wire.CommandPause}, Mark: strings.Repeat("a", 32), Env: []wire.Text{"L=\xe9"},
		PostStart: []wire.Text{"export A=$(id -u) B=post; cd /etc"}, Setup: []wire.Text{"export B=$(id -u) C=setup"},
	}
	pause := enter(req)
	stderr, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	pause.Stderr = stderr
	if err := pause.Start(); err != nil {
		t.Fatal(err)
	}
	defer pause.Process.Kill()

	// At once: the command waits.
	run := wire.Request{User: user, Workdir: "/repo/sub", Shell: "auto", Command: wire.Command{Kind: wire.CommandText, Text: `echo "$A $B $C $IMAGE $L $D, $PWD, $(id -u) $(id -un) $HOME"`},
		Session: session, Env: []wire.Text{"D=own"}}
	cmd := enter(run)
	var errOut strings.Builder
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if want := "0 4242 setup a b \xe9 own, /repo/sub, 4242 bob /home/bob\n"; err != nil || string(out) != want || errOut.String() != "" {
		t.Errorf("got %q, %v, %q, want %q", out, err, errOut.String(), want)
	}

	// Another uid is another's, and a request cannot choose the groups.
	run.User.UID, run.Session = 0, strings.Repeat("a", 32)
	if out, err := enter(run).CombinedOutput(); err == nil || !strings.Contains(string(out), "session: the container was set up for uid 4242, not 0") {
		t.Errorf("got %q, %v", out, err)
	}
	run.User = user
	run.User.Groups, run.Session = []wire.Group{{Name: "root", GID: 0}}, strings.Repeat("b", 32)
	run.Command = wire.Command{Kind: wire.CommandText, Text: "id -G"}
	if out, err := enter(run).CombinedOutput(); err != nil || string(out) != "4343\n" {
		t.Errorf("got %q, %v", out, err)
	}

	// A command that runs is told of the stop.
	run.Command, run.Session = wire.Command{Kind: wire.CommandText, Text: "sleep 60"}, strings.Repeat("c", 32)
	running := enter(run)
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	if err := pause.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = pause.Wait()
	if code := pause.ProcessState.ExitCode(); code != 143 {
		t.Errorf("pause ended with %d", code)
	}
	_ = running.Wait()
	if got := running.ProcessState.Sys().(syscall.WaitStatus); got.Signal() != unix.SIGTERM && got.ExitStatus() != 143 {
		t.Errorf("the command ended with %#x", got)
	}
	if text := content(t, stderr.Name()); !strings.HasSuffix(strings.Split(text, "error:")[0], wire.ReadyMark(req.Mark)) {
		t.Errorf("pause said %q", text)
	}
}
