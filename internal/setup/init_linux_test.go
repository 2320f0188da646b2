package setup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/environ"
	"ctenv/internal/scratchroot"
	"ctenv/internal/testfiles"
	"ctenv/internal/wire"
)

// seen is what the command finds.
type seen struct {
	UID, GID int
	Groups   []int
	Cwd      string
	Env      environ.Vars
	Passwd   string
	Fds      []int
	Umask    int
}

func probe() {
	s := seen{UID: os.Getuid(), GID: os.Getgid(), Env: os.Environ()}
	s.Groups, _ = os.Getgroups()
	s.Cwd, _ = unix.Getwd()
	passwd, _ := os.ReadFile("/etc/passwd")
	s.Passwd = string(passwd)
	s.Umask = unix.Umask(0)
	for fd := range 64 {
		// What Go's own runtime opens closes on exec; what was inherited does not.
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			s.Fds = append(s.Fds, fd)
		}
	}
	json.NewEncoder(os.Stdout).Encode(s)
}

// TestRun runs all steps in a directory as the root file system, without /proc.
func TestRun(t *testing.T) {
	scratchroot.Need(t)
	base := wire.Request{
		User:    wire.User{Name: "bob", UID: 4242, GID: 4343, Group: "staff", Home: "/home/bob", Groups: []wire.Group{{Name: "docker", GID: 999}}},
		Workdir: "/repo/sub", Shell: "auto", Command: wire.Command{Kind: wire.CommandArgv},
	}
	type runCase struct {
		name    string
		shell   bool
		request func(*wire.Request)
		image   func(dir string) error
		args    []string
		code    int
		stderr  string
		check   func(t *testing.T, s seen)
	}
	// masks are texts with the mask that the command has of them, whose caller's is 077.
	masks := func() (cases []runCase) {
		for _, tc := range []struct {
			post, setup wire.Text
			want        int
		}{
			{"(umask 077; : >/key)", "(umask 022; :)", 0o077},
			{`echo "umask 002" >/profile # umask 022`, `: "$(umask 022)"`, 0o077},
			{`old=$(umask); umask 077; : >/key; umask "$old"`, ":", 0o077},
			{"umask >/dev/null", "set -a; umask >/dev/null", 0o077},
			{"umask 022", "test $(umask) = 0022", 0o022},
			{"umask 022; umask 077; umask 0022", ":", 0o022},
			{"umask 0; (umask 022)", ":", 0},
			{":", "set -a; umask 077; umask 002", 0o002},
		} {
			for _, shell := range []bool{false, true} {
				cases = append(cases, runCase{name: fmt.Sprintf("umask by %q and %q, shell %v", tc.post, tc.setup, shell), shell: shell, request: func(r *wire.Request) {
					r.Umask, r.PostStart, r.Setup = "0077", []wire.Text{tc.post}, []wire.Text{tc.setup}
					r.Command = wire.Command{Kind: wire.CommandText, Text: "exec /.ctenv/ctenv-init probe"}
				}, check: func(t *testing.T, s seen) {
					if s.Umask != tc.want {
						t.Errorf("umask %04o, not %04o", s.Umask, tc.want)
					}
					if slices.ContainsFunc(s.Env, func(kv string) bool { return strings.HasPrefix(kv, "__ctenv") }) {
						t.Errorf("the environment is %q", s.Env)
					}
				}})
			}
		}
		return cases
	}
	// With linked and link, there is a link of root's in a directory of root's group on the way to the working directory.
	linked := func(r *wire.Request) { r.Workdir = "/g/link/sub" }
	link := func(members string) func(dir string) error {
		return func(dir string) error {
			return errors.Join(os.MkdirAll(dir+"/etc", 0o755), os.MkdirAll(dir+"/repo", 0o755), os.Mkdir(dir+"/g", 0o775), os.Chmod(dir+"/g", 0o775), os.Symlink("/repo", dir+"/g/link"), os.WriteFile(dir+"/etc/group", []byte("root:x:0:"+members+"\n"), 0o644))
		}
	}
	for _, tc := range append(masks(), []runCase{
		{name: "a link in a directory of root's group", request: linked, image: link("al"), args: []string{"/.ctenv/ctenv-init", "probe"}, check: func(t *testing.T, s seen) {
			if s.Cwd != "/repo/sub" {
				t.Errorf("it is in %q", s.Cwd)
			}
		}},
		{name: "a link in a directory of the user's, root's group", request: linked, image: link("al,bob"), args: []string{"/.ctenv/ctenv-init", "probe"}, code: 125, stderr: "error: workdir: "},
		{name: "a link in a directory of the user's primary group, root's", request: func(r *wire.Request) { linked(r); r.User.GID = 0 }, image: link(""), args: []string{"/.ctenv/ctenv-init", "probe"}, code: 125, stderr: "error: workdir: "},
		{name: "no shell at all", args: []string{"/.ctenv/ctenv-init", "probe"}, check: func(t *testing.T, s seen) {
			if s.UID != 4242 || s.GID != 4343 || len(s.Groups) != 1 || s.Groups[0] != 999 || s.Cwd != "/repo/sub" {
				t.Errorf("%+v", s)
			}
			if s.Passwd != "root:*:0:0:root:/root:/bin/sh\n"+"bob:*:4242:4343::/home/bob:/bin/sh\n" {
				t.Errorf("passwd is %q", s.Passwd)
			}
			if len(s.Fds) != 3 {
				t.Errorf("open descriptors: %v", s.Fds)
			}
			for name, want := range map[string]string{
				"HOME": "/home/bob", "USER": "bob", "PWD": "/repo/sub", "SHELL": "/bin/sh", "PATH": environ.DefaultPath, "IMAGE": "a b",
			} {
				if got := s.Env.Get(name); got != want {
					t.Errorf("%s is %q, not %q", name, got, want)
				}
			}
			for _, kv := range s.Env {
				if strings.HasPrefix(kv, wire.EnvName) {
					t.Errorf("the request is left: %q", kv)
				}
			}
		}},
		{name: "shell text", shell: true, request: func(r *wire.Request) {
			r.PostStart = []wire.Text{"export A=1; cd /", "! { true <&21; } 2>/dev/null", "PATH=/.ctenv:$PATH", "mkdir -p /cache/x"}
			r.Setup = []wire.Text{"! { true <&21; } 2>/dev/null", "export B=$A$(id -u)", "cd /home/bob"}
			r.Command = wire.Command{Kind: wire.CommandText, Text: "ctenv-init probe"}
		}, check: func(t *testing.T, s seen) {
			if s.Env.Get("A") != "1" || s.Env.Get("B") != "14242" || s.Cwd != "/home/bob" || s.Env.Get("PWD") != "/home/bob" {
				t.Errorf("%+v", s)
			}
		}},
		{name: "memberships of post-start", request: func(r *wire.Request) {
			r.PostStart = []wire.Text{"echo sock:x:777:al,bob >>/etc/group"}
		}, args: []string{"/.ctenv/ctenv-init", "probe"}, check: func(t *testing.T, s seen) {
			if fmt.Sprint(s.Groups) != "[777 999]" && fmt.Sprint(s.Groups) != "[999 777]" {
				t.Errorf("groups %v", s.Groups)
			}
		}},
		{name: "the caller's umask", request: func(r *wire.Request) {
			r.Umask = "0077"
			r.PostStart = []wire.Text{"test $(umask) = 0022"}
			r.Setup = []wire.Text{"test $(umask) = 0077"}
			r.Command = wire.Command{Kind: wire.CommandText, Text: "exec /.ctenv/ctenv-init probe"}
		}, check: func(t *testing.T, s seen) {
			if s.Umask != 0o077 {
				t.Errorf("umask %04o", s.Umask)
			}
		}},
		{name: "a umask of post-start", request: func(r *wire.Request) {
			r.Umask = "0077"
			r.PostStart = []wire.Text{"umask 007"}
			r.Setup = []wire.Text{"test $(umask) = 0007"}
			r.Command = wire.Command{Kind: wire.CommandText, Text: "exec /.ctenv/ctenv-init probe"}
		}, check: func(t *testing.T, s seen) {
			if s.Umask != 0o007 {
				t.Errorf("umask %04o", s.Umask)
			}
		}},
		{name: "a umask of set-up", shell: true, request: func(r *wire.Request) {
			r.Umask = "0002"
			r.PostStart = []wire.Text{"test $(umask) = 0002"}
			r.Setup = []wire.Text{"umask 027"}
			r.Command = wire.Command{Kind: wire.CommandText, Text: "exec /.ctenv/ctenv-init probe"}
		}, check: func(t *testing.T, s seen) {
			if s.Umask != 0o027 {
				t.Errorf("umask %04o", s.Umask)
			}
		}},
		{name: "arguments in the request", request: func(r *wire.Request) {
			r.Command = wire.Command{Kind: wire.CommandArgs, Args: []wire.Text{"/.ctenv/ctenv-init", "probe"}}
			r.Env = []wire.Text{"IMAGE=\xe9"}
		}, check: func(t *testing.T, s seen) {
			if got := s.Env.Get("IMAGE"); got != "\ufffd" { // as JSON shows it
				t.Errorf("IMAGE is %q", got)
			}
		}},
		{name: "no such command", args: []string{"no-such"}, code: 127, stderr: "error: \"no-such\": command not found\n"},
		{name: "no such command, of an image", args: []string{"no-such"}, request: func(r *wire.Request) { r.Image, r.Container = "debian", "build" }, code: 127, stderr: "error: \"no-such\": command not found (image \"debian\", container \"build\")\n"},
		{name: "a line for a shell", args: []string{"make && ./it's"}, code: 127, stderr: `hint: a line of several words is a shell's to read: ctenv run -- sh -c 'make && ./it'\''s'` + "\n"},
		{name: "a directory", args: []string{"/etc"}, code: 126, stderr: "error: \"/etc\": is a directory\n"},
		{name: "no command", code: 127, stderr: "hint: name a command"},
		{name: "a shell where there is none", request: func(r *wire.Request) { r.Command.Kind = wire.CommandShell }, code: 127, stderr: "error: the image has neither bash nor sh\nhint: name a command"},
		{name: "a shell by name, which touch passes for", shell: true, request: func(r *wire.Request) { r.Command.Kind, r.Shell = wire.CommandShell, "touch" }, code: 1, stderr: "Usage: touch"},
		{name: "a shell by a name that is not there", request: func(r *wire.Request) { r.Command.Kind, r.Shell = wire.CommandShell, "zsh" }, code: 127, stderr: "error: shell \"zsh\": command not found\nhint: shell, or --shell, names one"},
		{name: "the built-in shell to talk to", request: func(r *wire.Request) { r.Command.Kind, r.Shell = wire.CommandShell, "builtin" }, code: 127, stderr: "error: the image has neither bash nor sh\nhint: name a command"},
		{name: "commands where there is no shell", request: func(r *wire.Request) {
			r.PostStart = []wire.Text{"mkdir -p /cache/x; export A=$(id -u)", "chown 4242 /cache/x; cd /cache"}
			r.Setup = []wire.Text{"cd x", "touch made", "export B=$(id -un)"}
			r.Command = wire.Command{Kind: wire.CommandText, Text: "A=$A$(ls) exec /.ctenv/ctenv-init probe"}
		}, check: func(t *testing.T, s seen) {
			if s.UID != 4242 || s.Env.Get("A") != "0made" || s.Env.Get("B") != "bob" || s.Cwd != "/cache/x" || s.Env.Get("PWD") != "/cache/x" {
				t.Errorf("%+v", s)
			}
		}},
		{name: "a failing command where there is no shell", request: func(r *wire.Request) { r.PostStart = []wire.Text{":", "mkdir /etc"} },
			code: 125, stderr: "mkdir: \"/etc\": file exists\nerror: post_start_commands: command 2 of 2, \"mkdir /etc\": exit status 1\n"},
		{name: "the built-in shell by choice", shell: true, request: func(r *wire.Request) {
			r.Shell = "builtin"
			r.Command = wire.Command{Kind: wire.CommandText, Text: "[[ -n $BASH_VERSION ]] || A='it is' exec /.ctenv/ctenv-init probe"}
		}, check: func(t *testing.T, s seen) {
			if s.Env.Get("A") != "it is" {
				t.Errorf("%+v", s)
			}
		}},
		{name: "a failing command", shell: true, request: func(r *wire.Request) { r.PostStart = []wire.Text{":", "exit 3"} }, args: []string{"/.ctenv/ctenv-init", "probe"},
			code: 125, stderr: "error: post_start_commands: command 2 of 2, \"exit 3\": exit status 3\n"},
		{name: "a failing set-up command", shell: true, request: func(r *wire.Request) { r.Setup = []wire.Text{"touch /etc/x 2>/dev/null"} }, args: []string{"/.ctenv/ctenv-init", "probe"},
			code: 125, stderr: "error: setup_commands: command 1 of 1"},
		{name: "no package manager", request: func(r *wire.Request) { r.Sudo = true }, args: []string{"/.ctenv/ctenv-init", "probe"},
			code: 125, stderr: "error: sudo: it is not in the image"},
	}...) {
		t.Run(tc.name, func(t *testing.T) {
			dir := imageDir(t)
			if tc.shell {
				busybox, err := exec.LookPath("busybox")
				if err != nil {
					t.Fatal("this test needs busybox on PATH: apt-get install busybox-static")
				}
				copyProgram(t, busybox, dir+"/bin/busybox")
				for _, name := range []string{"sh", "id", "mkdir", "touch"} {
					if err := os.Symlink("busybox", dir+"/bin/"+name); err != nil {
						t.Fatal(err)
					}
				}
			}
			if tc.image != nil {
				if err := tc.image(dir); err != nil {
					t.Fatal(err)
				}
			}
			req := base
			if tc.request != nil {
				tc.request(&req)
			}
			env, err := wire.Encode(req)
			if err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			cmd := &exec.Cmd{
				Path: "/.ctenv/ctenv-init", Args: append([]string{"ctenv-init"}, tc.args...), Dir: "/",
				Env: append(env, "IMAGE=a b"), Stdout: &stdout, Stderr: &stderr,
				SysProcAttr: &syscall.SysProcAttr{Chroot: dir},
			}
			// Descriptors that an engine left open.
			cmd.ExtraFiles = slices.Repeat([]*os.File{os.Stdin}, 20)
			err = cmd.Run()
			code := 0
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				code = exit.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			if code != tc.code || !strings.Contains(stderr.String(), tc.stderr) || (tc.stderr == "" && stderr.Len() > 0) {
				t.Fatalf("exit code %d, stderr:\n%s", code, stderr.String())
			}
			if tc.check == nil {
				return
			}
			var s seen
			if err := json.Unmarshal(stdout.Bytes(), &s); err != nil {
				t.Fatalf("%v in %q", err, stdout.String())
			}
			tc.check(t, s)
		})
	}
}

// imageDir is the root of an image that has /dev/null and ctenv-init, which is this program.
func imageDir(t *testing.T) string {
	dir := scratchroot.TempDir(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	copyProgram(t, self, dir+wire.InitPath)
	testfiles.Put(t, dir, map[string]string{"dev/x": ""})
	if err := errors.Join(unix.Mknod(dir+"/dev/null", unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))), os.Chmod(dir+"/dev/null", 0o666)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func copyProgram(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}
