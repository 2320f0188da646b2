package trust

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"ctenv/internal/config"
	"ctenv/internal/configfile"
	"ctenv/internal/expand"
	"ctenv/internal/grants"
	"ctenv/internal/host"
	"ctenv/internal/look"
	"ctenv/internal/term"
	"ctenv/internal/testfiles"
)

// BenchmarkJudge is what consent costs a run whose file asks for much, all of it
// allowed already: the grants, and the record of what was allowed.
func BenchmarkJudge(b *testing.B) {
	root := b.TempDir()
	project, home := filepath.Join(root, "p"), filepath.Join(root, "home")
	file := `[containers.a]
image = "x"
network = "office"
env = ["BUILD_NUMBER_THREADS", "A=1", "CI_*", "X=${env.HOME}"]
volumes = ["caches-${USER}:/var/cache:rw,chown", "~:/h:ro", "./:/x"]
run_args = ["--cap-add=SYS_PTRACE", "--memory=1g"]
`
	testfiles.Put(b, root, map[string]string{"home/": "", "p/.ctenv.toml": file})
	cfg, err := configfile.Load(configfile.Options{Cwd: project, Home: home})
	if err != nil {
		b.Fatal(err)
	}
	c, err := cfg.Resolve("a", config.Container{})
	if err != nil {
		b.Fatal(err)
	}
	a := Asker{Console: &term.Console{Environ: []string{"HOME=" + home, "USER=alice", "XDG_STATE_HOME=" + filepath.Join(root, "state")}, Stderr: os.Stderr}}
	h, err := host.Probe(a.Environ, os.Stdin, os.Stdout, os.Stderr)
	if err != nil {
		b.Fatal(err)
	}
	host.SetProject(&h, project)
	draft, err := expand.Run(c, h, nil)
	if err != nil {
		b.Fatal(err)
	}
	seen := host.LookAtPaths(draft.Wants())
	r, err := a.Judge(h, draft, seen)
	if err != nil || len(r.Fresh) == 0 {
		b.Fatal(r.Fresh, err)
	}
	if _, err := a.remember(r); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if r, err := a.Judge(h, draft, seen); err != nil || len(r.Fresh) > 0 {
			b.Fatal(r.Fresh, err)
		}
	}
}

// TestJudgeHoldsWhatTheEngineKnows: what [limits] forbid and an engine may know to be
// harmless is neither refused before that is asked, nor allowed by any word of the caller's.
func TestJudgeHoldsWhatTheEngineKnows(t *testing.T) {
	for _, thisTime := range []bool{false, true} {
		root := t.TempDir()
		project, home := filepath.Join(root, "p"), filepath.Join(root, "home")
		testfiles.Put(t, root, map[string]string{
			"home/.ctenv.toml": "[limits]\nforbid = [\"option\", \"volume\", \"image\"]\n",
			"p/.ctenv.toml":    "[containers.a]\nbuild = { dockerfile_content = \"FROM x\", tag = \"ctenv-${project_dir|slug}-t\" }\nvolumes = [\"cache:/c\"]\nenv = [\"TOKEN\"]\n",
		})
		cfg, err := configfile.Load(configfile.Options{Cwd: project, Home: home})
		if err != nil {
			t.Fatal(err)
		}
		c, err := cfg.Resolve("a", config.Container{})
		if err != nil {
			t.Fatal(err)
		}
		a := Asker{Console: &term.Console{Environ: []string{"HOME=" + home, "USER=alice", "XDG_STATE_HOME=" + filepath.Join(root, "state")}, Stderr: os.Stderr}, ThisTime: thisTime}
		h, err := host.Probe(a.Environ, os.Stdin, os.Stdout, os.Stderr)
		if err != nil {
			t.Fatal(err)
		}
		host.SetProject(&h, project)
		draft, err := expand.Run(c, h, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := a.Judge(h, draft, host.LookAtPaths(draft.Wants()))
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Held) != 3 || r.Refuse() == nil || r.Allowed() != thisTime || r.Asks("option") {
			t.Errorf("this time %v: held %v, refused %v, fresh %v", thisTime, r.Held, r.Refuse(), r.Fresh)
		}
	}
}

// asking is an Asker whose terminal answers yes, and how it judges a container of a project
// that has three: each asks for one variable of its name.
func asking(t *testing.T) (a Asker, h look.Host, judge func(container string) Request) {
	t.Helper()
	root := t.TempDir()
	project, home := filepath.Join(root, "p"), filepath.Join(root, "home")
	testfiles.Put(t, root, map[string]string{"home/": "", "p/.ctenv.toml": "[containers.a]\nenv = [\"A\"]\n[containers.b]\nenv = [\"B\"]\n[containers.c]\nenv = [\"C\"]\n"})
	cfg, err := configfile.Load(configfile.Options{Cwd: project, Home: home})
	if err != nil {
		t.Fatal(err)
	}
	answers := filepath.Join(root, "answers")
	testfiles.Put(t, root, map[string]string{"answers": strings.Repeat("y\n", 10)})
	in, err := os.Open(answers)
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); null.Close() })
	a = Asker{Console: &term.Console{Environ: []string{"HOME=" + home, "USER=alice", "XDG_STATE_HOME=" + filepath.Join(root, "state")}, Stdin: in, Stdout: null, Stderr: null}}
	if h, err = host.Probe(a.Environ, in, null, null); err != nil {
		t.Fatal(err)
	}
	host.SetProject(&h, project)
	h.StdinTTY, h.StderrTTY, h.Background = true, true, false
	return a, h, func(container string) Request {
		t.Helper()
		c, err := cfg.Resolve(container, config.Container{})
		if err != nil {
			t.Fatal(err)
		}
		draft, err := expand.Run(c, h, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := a.Judge(h, draft, host.LookAtPaths(draft.Wants()))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

func (a Asker) mustAsk(t *testing.T, r Request) {
	t.Helper()
	if err := a.Ask(&r); err != nil {
		t.Fatal(err)
	}
}

// TestAnswerAfterRevoke: a yes allows what was asked, not what was taken away while the
// question stood open.
func TestAnswerAfterRevoke(t *testing.T) {
	a, h, judge := asking(t)
	a.mustAsk(t, judge("a"))
	open := judge("b")
	if err := a.Revoke(h); err != nil {
		t.Fatal(err)
	}
	a.mustAsk(t, open)
	if judge("a").Allowed() || !judge("b").Allowed() {
		t.Error("what was revoked is allowed again, or what was answered is not")
	}
}

// TestAllowAsks: what ctenv trust is about to allow is shown first, and only a yes allows it
// where somebody is there to say so.
func TestAllowAsks(t *testing.T) {
	a, _, judge := asking(t)
	yes := a.Stdin
	for container, tt := range map[string]struct {
		terminal bool
		in       *os.File
		allowed  bool
	}{"a": {true, a.Stdout, false}, "b": {true, yes, true}, "c": {false, a.Stdout, true}} {
		a.Stdin = tt.in // the null device cannot be read from as it is open
		r := judge(container)
		r.h.StdinTTY = tt.terminal
		if err := a.Allow(r); (err == nil) != tt.allowed || judge(container).Allowed() != tt.allowed {
			t.Errorf("%s: %v, allowed %v, want %v", container, err, judge(container).Allowed(), tt.allowed)
		}
	}
}

// TestAnswersAtOnce: of questions that stand open at once each answer counts.
func TestAnswersAtOnce(t *testing.T) {
	a, h, judge := asking(t)
	first, second := judge("a"), judge("b")
	a.mustAsk(t, first)
	a.mustAsk(t, second)
	if !judge("a").Allowed() || !judge("b").Allowed() {
		t.Error("an answer was lost")
	}
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			if _, err := a.remember(Request{h: h, Fresh: []grants.Grant{{Kind: "variable", Value: strconv.Itoa(i)}}}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if r, err := a.remembered(h); err != nil || len(r.Grants) != 52 {
		t.Errorf("%d of 52 grants are remembered: %v", len(r.Grants), err)
	}
}

// TestGroupsShowAllKinds: a kind of grant that has no group would be asked for unseen.
func TestGroupsShowAllKinds(t *testing.T) {
	for _, kind := range config.GrantKinds {
		lines := grantLines([]grants.Grant{{Kind: kind, Value: "the-value"}}, nil)
		if len(lines) != 1 || lines[0].word == "" || !strings.Contains(lines[0].text, "the-value") {
			t.Errorf("%s: %+v", kind, lines)
		}
	}
}

func TestNamed(t *testing.T) {
	for repository, want := range map[string]string{
		"/src/app/.git": "the repository /src/app and its worktrees", "/src/app.git": "/src/app.git", "/src/app": "/src/app",
	} {
		if got := named(repository); got != want {
			t.Errorf("%s: %q", repository, got)
		}
	}
}

func TestReadLine(t *testing.T) {
	for in, want := range map[string]string{"y\nrest": "y", "\n": "", "no end": "", "": ""} {
		r := strings.NewReader(in)
		line, err := readLine(r)
		if line != want || (err == nil) != strings.Contains(in, "\n") || in == "y\nrest" && r.Len() != 4 {
			t.Errorf("%q: %q, %v, %d left", in, line, err, r.Len())
		}
	}
}
