package trust

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ctenv/internal/config"
	"ctenv/internal/configfile"
	"ctenv/internal/expand"
	"ctenv/internal/grants"
	"ctenv/internal/host"
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
			"p/.ctenv.toml":    "[containers.a]\nbuild = { dockerfile_content = \"FROM x\", tag = \"t\" }\nvolumes = [\"cache:/c\"]\nenv = [\"TOKEN\"]\n",
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

// TestGroupsShowAllKinds: a kind of grant that has no group would be asked for unseen.
func TestGroupsShowAllKinds(t *testing.T) {
	for _, kind := range config.GrantKinds {
		lines := grantLines([]grants.Grant{{Kind: kind, Value: "the-value"}}, nil)
		if len(lines) != 1 || lines[0].word == "" || !strings.Contains(lines[0].text, "the-value") {
			t.Errorf("%s: %+v", kind, lines)
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
