package cli

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"ctenv": func() {
			os.Exit(Main(context.Background(), os.Args[1:], Env{
				Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Version: "v0-test",
			}))
		},
	})
}

// TestScripts runs what needs no engine: there is none at the address that the
// scripts get, so a script that wants one has found a mistake.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "home")
			env.Setenv("HOME", home)
			env.Setenv("USER", "alice")
			env.Setenv("CTENV_TRUST", env.WorkDir) // those about consent unset it
			env.Setenv("DOCKER_HOST", "unix://"+filepath.Join(env.WorkDir, "no-engine.sock"))
			return os.MkdirAll(home, 0o755)
		},
	})
}
