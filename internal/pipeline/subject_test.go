package pipeline

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"ctenv/internal/config"
	"ctenv/internal/configfile"
	"ctenv/internal/expand"
	"ctenv/internal/grants"
	"ctenv/internal/host"
	"ctenv/internal/term"
	"ctenv/internal/testfiles"
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

// TestWithoutVariables: a command that joins gets no variable that the file asks for by
// now and the caller has not allowed, and what the caller has stays as it is.
func TestWithoutVariables(t *testing.T) {
	env := map[string]string{"TOKEN": "secret", "HOME": "/home/alice"}
	got := withoutVariables(env, []grants.Grant{{Kind: "variable", Value: "TOKEN"}, {Kind: "variable", Value: "UNSET"}, {Kind: "path", Value: "HOME"}})
	if want := map[string]string{"TOKEN": "", "HOME": "/home/alice"}; !maps.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if env["TOKEN"] != "secret" {
		t.Error("the caller's own are changed")
	}
}
