package setup

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// shells are what images have as sh, and what runs where they have none.
func shells(t *testing.T) map[string]textShell {
	t.Helper()
	found := map[string]textShell{"builtin": ""}
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
		found[name] = textShell(path)
	}
	return found
}

func TestRunShell(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string]string{"venv/bin/activate": `
deactivate () { :; }
VIRTUAL_ENV='` + dir + `/venv'; export VIRTUAL_ENV
_OLD_VIRTUAL_PATH="$PATH"; PATH="$VIRTUAL_ENV/bin:$PATH"; export PATH
PS1="(venv) ${PS1:-}"; export PS1
hash -r 2> /dev/null
`})
	before := Environ{"PATH=" + os.Getenv("PATH"), "PWD=/", "GONE=1", "discovery.type=x", "BYTES=a\xe9\n'\"$ \\"}
	for name, shell := range shells(t) {
		t.Run(name, func(t *testing.T) {
			for _, tc := range []struct {
				name  string
				texts []wire.Text
				check func(env Environ, cwd string) bool
				err   string
			}{
				{"export", []wire.Text{"export A='x\ny'", `test "$A" = 'x
y'`}, func(env Environ, _ string) bool { return env.Get("A") == "x\ny" }, ""},
				{"variables that are not exported last too", []wire.Text{"A=1", "export B=$A"}, func(env Environ, _ string) bool {
					_, a := env.Lookup("A")
					return env.Get("B") == "1" && !a
				}, ""},
				{"unset", []wire.Text{"unset GONE"}, func(env Environ, _ string) bool { _, ok := env.Lookup("GONE"); return !ok }, ""},
				{"untouched", []wire.Text{":"}, func(env Environ, cwd string) bool {
					return env.Get("discovery.type") == "x" && env.Get("BYTES") == "a\xe9\n'\"$ \\" && env.Get("GONE") == "1" && len(env) == len(before)
				}, ""},
				{"source", []wire.Text{wire.Text("source " + dir + "/venv/bin/activate")}, func(env Environ, _ string) bool {
					_, ps1 := env.Lookup("PS1")
					return env.Get("VIRTUAL_ENV") == dir+"/venv" && strings.HasPrefix(env.Get("PATH"), dir+"/venv/bin:") && !ps1
				}, ""},
				{"cd", []wire.Text{wire.Text("cd " + dir + "/venv")}, func(env Environ, cwd string) bool {
					return cwd == dir+"/venv" && env.Get("PWD") == dir+"/venv"
				}, ""},
				{"positional parameters are a command's own", []wire.Text{"set -- a b; shift", "export C=$1$#"}, func(env Environ, _ string) bool { return env.Get("C") == "b1" }, ""},
				{"commands see no parameters", []wire.Text{"test $# = 0"}, func(Environ, string) bool { return true }, ""},
				{"set -u, set -a, IFS", []wire.Text{"set -u; set -a; IFS=:", "X=1"}, func(env Environ, _ string) bool {
					_, leak := env.Lookup("__ctenv_1")
					return env.Get("X") == "1" && !leak
				}, ""},
				{"a process left behind", []wire.Text{"sleep 30 & export BG=$!"}, func(env Environ, _ string) bool { return env.Get("BG") != "" }, ""},
				{"stdin is empty", []wire.Text{"if read x; then exit 9; fi"}, func(Environ, string) bool { return true }, ""},
				{"ten commands", []wire.Text{":", ":", ":", ":", ":", ":", ":", ":", ":", "export TEN=1"}, func(env Environ, _ string) bool { return env.Get("TEN") == "1" }, ""},
				{"failing", []wire.Text{":", "exit 3", "export NO=1"}, nil, `command 2 of 3, "exit 3": exit status 3`},
				{"failing in the middle", []wire.Text{"false; true"}, nil, `command 1 of 1, "false; true": exit status 1`},
				{"not found", []wire.Text{"no-such-command-here 2>/dev/null"}, nil, `exit status 127`},
				{"failing without errexit", []wire.Text{"set +e; false", ":"}, nil, `command 1 of 2`},
				{"syntax error", []wire.Text{":", "if", ":"}, nil, `command 2 of 3, "if": exit status 2`},
				{"ends the shell", []wire.Text{"exit 0", ":"}, nil, `command 1 of 2, "exit 0": it ended the shell`},
				{"killed", []wire.Text{"kill -9 $$"}, nil, `signal: killed`},
			} {
				t.Run(tc.name, func(t *testing.T) {
					cwd, env, err := runShell(shell, "/proc/"+self()+"/exe", tc.texts, before)
					if tc.err != "" {
						if err == nil || !strings.Contains(err.Error(), tc.err) {
							t.Fatalf("error %v, want %q", err, tc.err)
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					env = before.Merge(env)
					if !tc.check(env, cwd) {
						t.Errorf("in %q with %q", cwd, env)
					}
					if bg := env.Get("BG"); bg != "" {
						exec.Command("kill", bg).Run()
					}
				})
			}
		})
	}
}

// TestRunShellDescriptors has commands use the descriptor that the shell reports
// to. The built-in shell cannot redirect it.
func TestRunShellDescriptors(t *testing.T) {
	for name, shell := range shells(t) {
		if shell == "" {
			continue
		}
		texts := []wire.Text{"echo x >&9", "exec 9>&-", "export D=1"}
		if _, env, err := runShell(shell, "/proc/"+self()+"/exe", texts, Environ{"PATH=" + os.Getenv("PATH")}); err != nil || env.Get("D") != "1" {
			t.Errorf("%s: %v with %q", name, err, env)
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
			_, _, err := runShell(shell, "/proc/self/exe", []wire.Text{
				wire.Text("trap '' TERM || :; sh -c 'echo $$ >" + mark + ".tmp; mv " + mark + ".tmp " + mark + "; exec sleep 60'"),
			}, Environ{"PATH=" + os.Getenv("PATH")})
			stopped, ok := errors.AsType[*SignalError](err)
			if !ok || stopped.Signal != syscall.SIGTERM || ExitCode(&StepError{"x", err}) != 143 {
				t.Fatalf("error %v", err)
			}
			pid := strings.TrimSpace(content(t, mark))
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
