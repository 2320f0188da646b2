package pipeline

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ctenv/internal/config"
	"ctenv/internal/configfile"
	"ctenv/internal/expand"
	"ctenv/internal/grants"
	"ctenv/internal/hint"
	"ctenv/internal/host"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/term"
	"ctenv/internal/testfiles"
	"ctenv/internal/trust"
	"ctenv/internal/wire"
)

// opened is what a command in a project with this file begins with.
func opened(t *testing.T, file string, c Caller) *Opening {
	t.Helper()
	project := t.TempDir()
	testfiles.Put(t, project, map[string]string{".ctenv.toml": file})
	c.Environ = append(c.Environ, "HOME="+filepath.Join(project, "home"), "USER=alice")
	c.Console.Stderr = os.Stderr
	o := &Opening{Caller: &c}
	var err error
	if o.Host, err = host.Probe(c.Environ, os.Stdin, os.Stdout, os.Stderr); err != nil {
		t.Fatal(err)
	}
	if o.Config, err = configfile.Load(configfile.Options{Cwd: project}); err != nil {
		t.Fatal(err)
	}
	host.SetProject(&o.Host, project)
	return o
}

// TestRuntimeOfTheCommandLine: --runtime goes before the file for each command, also for
// those that have no other flags.
func TestRuntimeOfTheCommandLine(t *testing.T) {
	for flag, want := range map[string]string{"": "podman", "docker": "docker", "auto": "auto"} {
		o := opened(t, "[containers.a]\nimage = \"x\"\nruntime = \"podman\"\n", Caller{Console: term.Console{}, Runtime: flag})
		if got := o.RuntimeOf("a"); got != want {
			t.Errorf("--runtime %q: looked at on %q, want %q", flag, got, want)
		}
		s, err := o.Draw("a", config.Container{}, expand.Stay)
		if err != nil || s.Draft.Settings.Runtime.V != want {
			t.Errorf("--runtime %q: runs on %q, want %q; %v", flag, s.Draft.Settings.Runtime.V, want, err)
		}
	}
}

// TestExecWithholdsVariables: a text of the file's gets no variable in a command that joins
// which the file asks for by now and the caller has not allowed. What the caller says gets it.
func TestExecWithholdsVariables(t *testing.T) {
	o := opened(t, "[containers.a]\nimage = \"x\"\nenv = [\"TOKEN\", \"TERM\"]\nworkdir = \"/w-${env.TOKEN}\"\nshell = \"sh-${env.TOKEN}\"\n",
		Caller{Console: term.Console{Environ: []string{"TOKEN=secret", "TERM=vt100"}}})
	o.Note = &plan.Note{}
	s, err := o.Subject("a", config.Container{}, expand.Stay)
	if err != nil || !s.Asked.Asks("variable") {
		t.Fatal(s.Asked, err)
	}
	own := func(v string) config.String { return config.String{V: v, Pos: CommandLine(), Set: true} }
	x, err := s.Exec(t.Context(), config.Container{Env: []config.String{own("TOKEN"), own("X=${env.TOKEN}")}, TTY: own("true")}, []string{"true"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(x.Env, "TOKEN=secret") || !slices.Contains(x.Env, "X=secret") || x.Request.Term != "vt100" {
		t.Errorf("the caller's own: got %q, TERM %q", x.Env, x.Request.Term)
	}
	if x.Request.Workdir != "/w-" || x.Request.Shell != "sh-" {
		t.Errorf("the file's: got %q, %q", x.Request.Workdir, x.Request.Shell)
	}
	x, err = s.Exec(t.Context(), config.Container{Workdir: own("/own-${env.TOKEN}")}, []string{"true"})
	if err != nil || x.Request.Workdir != "/own-secret" {
		t.Errorf("--workdir: got %q, %v", x.Request.Workdir, err)
	}
}

// TestJoiningAsksNoGit: a command that joins needs nobody's name, and starts no process.
func TestJoiningAsksNoGit(t *testing.T) {
	for name, value := range map[string]string{"NAME": "A", "EMAIL": "a@example.org"} {
		t.Setenv("GIT_AUTHOR_"+name, value)
		t.Setenv("GIT_COMMITTER_"+name, value)
	}
	o := opened(t, "[containers.a]\nimage = \"x\"\ngit_identity = true\n", Caller{Trust: true})
	for _, note := range []*plan.Note{nil, {}} {
		o.Note = note
		s, err := o.Subject("a", config.Container{}, expand.Stay)
		if err == nil {
			err = s.Build(look.Facts{})
		}
		if err != nil {
			t.Fatal(err)
		}
		if asked := s.Seen.GitIdentity != nil; asked != (note == nil) {
			t.Errorf("joining %v: git was asked is %v", note != nil, asked)
		}
	}
}

// TestJoiningLooksForWorktreesOnce: a command that joins goes by what was seen for its
// container. Both could be seen to differ only if it looked once more.
func TestJoiningLooksForWorktreesOnce(t *testing.T) {
	elsewhere := t.TempDir()
	o := opened(t, "[containers.a]\nimage = \"x\"\nvolumes = [\"./d:"+elsewhere+"\"]\n", Caller{Trust: true})
	o.Note = &plan.Note{}
	project := o.Host.ProjectDir
	testfiles.Put(t, project, map[string]string{"d/x": "", ".git/HEAD": "", ".git/objects/x": "", ".git/refs/x": "", ".git/worktrees/w/gitdir": elsewhere + "/w/.git\n"})
	testfiles.Put(t, elsewhere, map[string]string{"w/.git": ""})
	s, err := o.Subject("a", config.Container{}, expand.Stay)
	if err != nil || len(s.Seen.Worktrees) != 1 {
		t.Fatal(s.Seen.Worktrees, err)
	}
	if err := os.RemoveAll(filepath.Join(project, ".git/worktrees")); err != nil {
		t.Fatal(err)
	}
	x, err := s.Exec(t.Context(), config.Container{}, []string{"true"})
	admin := func(b wire.Bind) bool { return strings.HasSuffix(string(b.Target), "/.git/worktrees/w") }
	if err != nil || !slices.ContainsFunc(x.Request.Binds, admin) {
		t.Errorf("looked again: %+v, %v", x.Request.Binds, err)
	}
	draft, err := expand.Exec(s.Container, config.Container{}, s.Host, nil)
	if err != nil || len(draft.Wants().Checkouts) > 0 || len(s.Draft.Wants().Checkouts) == 0 {
		t.Errorf("wants to look at %q, %v", draft.Wants().Checkouts, err)
	}
}

// TestKeysOfRunArgs: what run_args say of a key is that key for a command that joins, too,
// and the caller's groups are looked at for it.
func TestKeysOfRunArgs(t *testing.T) {
	gids, err := os.Getgroups()
	if err != nil || len(gids) == 0 {
		t.Skip("no groups", err)
	}
	group := strconv.Itoa(gids[0])
	for key, file := range map[string]string{
		"keys":     "groups = [" + group + "]\nworkdir = \"/w\"\n",
		"run_args": "run_args = [\"--group-add=" + group + "\", \"-w\", \"/w\"]\n",
	} {
		o := opened(t, "[containers.a]\nimage = \"x\"\n"+file, Caller{Trust: true})
		o.Note = &plan.Note{}
		s, err := o.Subject("a", config.Container{}, expand.Stay)
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		x, err := s.Exec(t.Context(), config.Container{}, []string{"true"})
		if err != nil || len(s.Draft.User.Groups) != 1 || len(x.Request.User.Groups) != 1 || x.Request.Workdir != "/w" {
			t.Errorf("%s: started with %v, a command has %v in %q; %v", key, s.Draft.User.Groups, x.Request.User.Groups, x.Request.Workdir, err)
		}
	}
}

// TestPrepareOfAnEnded: that a container has ended before its command is no mistake of the
// configuration.
func TestPrepareOfAnEnded(t *testing.T) {
	s := &Subject{Asked: trust.Request{Held: []grants.Grant{{}}}}
	err := s.Prepare(t.Context())
	if _, code := hint.Of(err); code != hint.Engine {
		t.Errorf("%v: exit code %d, want %d", err, code, hint.Engine)
	}
}
