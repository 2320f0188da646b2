package shelltext

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/child"
	"ctenv/internal/environ"
	"ctenv/internal/hint"
	"ctenv/internal/testfiles"
	"ctenv/internal/wire"
)

// shells are what images have as sh, and what runs where they have none.
func shells(t *testing.T) map[string]Shell {
	t.Helper()
	found := map[string]Shell{"builtin": ""}
	for _, name := range []string{"bash", "dash", "busybox"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatalf("this test needs %s on PATH: apt-get install bash dash busybox-static", name)
		}
		link := filepath.Join(t.TempDir(), "sh")
		if name != "bash" { // bash is tried under its own name, busybox goes by that of the link
			if err := os.Symlink(path, link); err != nil {
				t.Fatal(err)
			}
			path = link
		}
		found[name] = Shell(path)
	}
	return found
}

func TestRunShell(t *testing.T) {
	dir := t.TempDir()
	testfiles.Put(t, dir, map[string]string{"venv/bin/activate": `
deactivate () { :; }
VIRTUAL_ENV='` + dir + `/venv'; export VIRTUAL_ENV
_OLD_VIRTUAL_PATH="$PATH"; PATH="$VIRTUAL_ENV/bin:$PATH"; export PATH
PS1="(venv) ${PS1:-}"; export PS1
hash -r 2> /dev/null
`, "back": "B=1; return 0; B=2\n"})
	before := environ.Vars{"PATH=" + os.Getenv("PATH"), "PWD=/", "GONE=1", "discovery.type=x", "BYTES=a\xe9\n'\"$ \\"}
	for name, shell := range shells(t) {
		t.Run(name, func(t *testing.T) {
			for _, tc := range []struct {
				name  string
				texts []wire.Text
				check func(env environ.Vars, cwd string) bool
				err   string
			}{
				{"export", []wire.Text{"export A='x\ny'", `test "$A" = 'x
y'`}, func(env environ.Vars, _ string) bool { return env.Get("A") == "x\ny" }, ""},
				{"variables that are not exported last too", []wire.Text{"A=1", "export B=$A"}, func(env environ.Vars, _ string) bool {
					_, a := env.Lookup("A")
					return env.Get("B") == "1" && !a
				}, ""},
				{"unset", []wire.Text{"unset GONE"}, func(env environ.Vars, _ string) bool { _, ok := env.Lookup("GONE"); return !ok }, ""},
				{"untouched", []wire.Text{":"}, func(env environ.Vars, cwd string) bool {
					return env.Get("discovery.type") == "x" && env.Get("BYTES") == "a\xe9\n'\"$ \\" && env.Get("GONE") == "1" && len(env) == len(before)
				}, ""},
				{"source", []wire.Text{wire.Text("source " + dir + "/venv/bin/activate")}, func(env environ.Vars, _ string) bool {
					_, ps1 := env.Lookup("PS1")
					return env.Get("VIRTUAL_ENV") == dir+"/venv" && strings.HasPrefix(env.Get("PATH"), dir+"/venv/bin:") && !ps1
				}, ""},
				{"cd", []wire.Text{wire.Text("cd " + dir + "/venv")}, func(env environ.Vars, cwd string) bool {
					return cwd == dir+"/venv" && env.Get("PWD") == dir+"/venv"
				}, ""},
				{"positional parameters are a command's own", []wire.Text{"set -- a b; shift", "export C=$1$#"}, func(env environ.Vars, _ string) bool { return env.Get("C") == "b1" }, ""},
				{"commands see no parameters", []wire.Text{"test $# = 0"}, func(environ.Vars, string) bool { return true }, ""},
				{"set -u, set -a, IFS", []wire.Text{"set -u; set -a; IFS=:", "X=1"}, func(env environ.Vars, _ string) bool {
					_, leak := env.Lookup("__ctenv_1")
					return env.Get("X") == "1" && !leak
				}, ""},
				{"a process left behind", []wire.Text{"sleep 30 & export BG=$!"}, func(env environ.Vars, _ string) bool { return env.Get("BG") != "" }, ""},
				{"stdin is empty", []wire.Text{"if read x; then exit 9; fi"}, func(environ.Vars, string) bool { return true }, ""},
				{"ten commands", []wire.Text{":", ":", ":", ":", ":", ":", ":", ":", ":", "export TEN=1"}, func(env environ.Vars, _ string) bool { return env.Get("TEN") == "1" }, ""},
				{"failing", []wire.Text{":", "exit 3", "export NO=1"}, nil, `command 2 of 3, "exit 3": exit status 3`},
				{"failing in the middle", []wire.Text{"false; true"}, nil, `command 1 of 1, "false; true": exit status 1`},
				{"not found", []wire.Text{"no-such-command-here 2>/dev/null"}, nil, `exit status 127`},
				{"set +e holds", []wire.Text{"set +e; false", "false", "export E=1; false"}, func(env environ.Vars, _ string) bool { return env.Get("E") == "1" }, ""},
				{"set +e in a subshell", []wire.Text{"(set +e; false; :)", "! :"}, nil, `command 2 of 2`},
				{"set -e again", []wire.Text{"set +e; false", "set -e", "false", ":"}, nil, `command 3 of 4`},
				{"$? is that of the command before", []wire.Text{"set +e", "(exit 3)", "export E=$?"}, func(env environ.Vars, _ string) bool { return env.Get("E") == "3" }, ""},
				{"a list that fails", []wire.Text{":", "false && :", ":"}, nil, `command 2 of 3`},
				{"variables of the shell", []wire.Text{`test "$USER_NAME" = "a 'b"`, "export N=$USER_NAME"}, func(env environ.Vars, _ string) bool {
					_, exported := env.Lookup("USER_NAME")
					return env.Get("N") == "a 'b" && !exported
				}, ""},
				{"syntax error", []wire.Text{":", "if", ":"}, nil, `command 2 of 3, "if": exit status 2`},
				{"ends the shell", []wire.Text{"exit 0", ":"}, nil, `command 1 of 2, "exit 0": it ended the shell that all of them share`},
				{"returns", []wire.Text{":", "return 0", ":"}, nil, `command 2 of 3, "return 0": `},
				{"returns a failure", []wire.Text{":", "return 3", ":"}, nil, `command 2 of 3, "return 3": exit status `},
				{"leaves from within", []wire.Text{"if true; then exit 0; fi", ":"}, nil, `it ended the shell that all of them share`},
				{"leaves a part", []wire.Text{"(exit 0); f() { return 0; }; f", "export P=1"}, func(env environ.Vars, _ string) bool { return env.Get("P") == "1" }, ""},
				{"leaves a sourced script", []wire.Text{wire.Text(". " + dir + "/back"), "export P=$B"}, func(env environ.Vars, _ string) bool { return env.Get("P") == "1" }, ""},
				{"killed", []wire.Text{"kill -9 $$"}, nil, `signal: killed`},
			} {
				t.Run(tc.name, func(t *testing.T) {
					after, err := shell.Run("/proc/"+self()+"/exe", New(tc.texts, nil, []string{"USER_NAME=a 'b"}), before, os.Stderr)
					if tc.err != "" {
						if err == nil || !strings.Contains(err.Error(), tc.err) {
							t.Fatalf("error %v, want %q", err, tc.err)
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					env := before.Merge(after.Environ)
					if !tc.check(env, after.Cwd) {
						t.Errorf("in %q with %q", after.Cwd, env)
					}
					if bg := env.Get("BG"); bg != "" {
						exec.Command("kill", bg).Run()
					}
				})
			}
		})
	}
}

// TestRunShellUmask: each shell tells a mask that was set to what it was from one that a
// subshell has set, or that was saved and set again.
func TestRunShellUmask(t *testing.T) {
	before := unix.Umask(0o022)
	t.Cleanup(func() { unix.Umask(before) })
	all := shells(t)
	if zsh, err := exec.LookPath("zsh"); err == nil { // by --shell
		all["zsh"] = Shell(zsh)
	}
	for name, shell := range all {
		for text, want := range map[string]bool{
			"umask 022": true, "umask 0022 # again": true, "if umask 22; then :; fi; umask 077; umask 022": true,
			":": false, "umask >/dev/null": false, "(umask 022)": false, ": $(umask 022)": false, "echo umask 022 >/dev/null": false,
			"old=$(umask); umask 077; umask $old": false, "umask 8 2>/dev/null || :": false,
		} {
			after, err := shell.Run("/proc/"+self()+"/exe", New([]wire.Text{wire.Text(text)}, nil, nil), os.Environ(), os.Stderr)
			if err != nil || after.UmaskSet != want || after.Umask != 0o022 {
				t.Errorf("%s: %q: %+v, %v", name, text, after, err)
			}
		}
	}
}

// TestRunJoined has constructs that go over several commands, as plan joins them.
func TestRunShellJoined(t *testing.T) {
	commands := []wire.Text{":", "if true; then", "export A=1", "false; :", "fi", "export B=1"}
	for name, shell := range shells(t) {
		for second, want := range map[string]string{"true": "", "false": `command 4 of 6, "false; :": exit status 1`} {
			joined := []wire.Joined{{First: 2, Last: 5,
				Text: wire.Text("if true; then\n! :\n__ctenv_mark 3 $? && :; export A=$?\n__ctenv_mark 4 $? && :; " + second + "; :\nfi")}}
			after, err := shell.Run("/proc/"+self()+"/exe", New(commands, joined, nil), environ.Vars{"PATH=" + os.Getenv("PATH")}, os.Stderr)
			switch {
			case want != "" && (err == nil || err.Error() != want):
				t.Errorf("%s: error %v", name, err)
			case want == "" && (err != nil || environ.Vars(after.Environ).Get("A") != "1" || environ.Vars(after.Environ).Get("B") != "1"):
				t.Errorf("%s: %v with %+v", name, err, after)
			}
		}
	}
}

// TestRunDescriptors has commands use the descriptor that the shell reports
// to. The built-in shell cannot redirect it.
func TestRunShellDescriptors(t *testing.T) {
	for name, shell := range shells(t) {
		if shell == "" {
			continue
		}
		texts := []wire.Text{"echo x >&9", "exec 9>&-", "export D=1"}
		after, err := shell.Run("/proc/"+self()+"/exe", New(texts, nil, nil), environ.Vars{"PATH=" + os.Getenv("PATH")}, os.Stderr)
		if err != nil || environ.Vars(after.Environ).Get("D") != "1" {
			t.Errorf("%s: %v with %+v", name, err, after)
		}
	}
}

func self() string {
	name, _ := os.Readlink("/proc/self")
	return name
}

func TestRunShellStops(t *testing.T) {
	for name, shell := range shells(t) {
		t.Run(name, func(t *testing.T) {
			mark := filepath.Join(t.TempDir(), "child")
			go func() {
				for range 500 {
					if _, err := os.Stat(mark); err == nil {
						break
					}
					time.Sleep(10 * time.Millisecond)
				}
				unix.Kill(os.Getpid(), unix.SIGTERM)
			}()
			_, err := shell.Run("/proc/self/exe", New([]wire.Text{
				wire.Text("trap '' TERM || :; sh -c 'echo $$ >" + mark + ".tmp; mv " + mark + ".tmp " + mark + "; exec sleep 60'"),
			}, nil, nil), environ.Vars{"PATH=" + os.Getenv("PATH")}, os.Stderr)
			_, code := hint.Of(fmt.Errorf("x: %w", err))
			stopped, ok := errors.AsType[*child.SignalError](err)
			if !ok || stopped.Signal != syscall.SIGTERM || code != 143 {
				t.Fatalf("error %v", err)
			}
			data, err := os.ReadFile(mark)
			if err != nil {
				t.Fatal(err)
			}
			pid := strings.TrimSpace(string(data))
			for range 500 {
				state, err := os.ReadFile("/proc/" + pid + "/stat")
				if err != nil || strings.Contains(string(state), ") Z ") {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Errorf("the shell's child %s still runs", pid)
		})
	}
}
