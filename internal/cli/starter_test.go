package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ctenv/internal/testfiles"
)

// TestStarter writes the starter file for each kind of project, and plans a run
// of its container and of the agent in its comments.
func TestStarter(t *testing.T) {
	for name, want := range map[string]string{
		"README": " debian:stable", "go.mod": " golang:1", "Cargo.toml": " rust:1", "package.json": " node:lts", "setup.py": " python:3",
		"pom.xml": " maven:3", "build.gradle.kts": " gradle:8", "Gemfile": " ruby:3", "composer.json": " composer:2",
		"CMakeLists.txt": " gcc:14", "meson.build": " gcc:14", "configure": " gcc:14",
	} {
		t.Run(name, func(t *testing.T) {
			root, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			project := filepath.Join(root, "project")
			testfiles.Put(t, project, map[string]string{name: ""})
			if code, _, stderr := callIn(t, project, root, "init"); code != 0 {
				t.Fatal(stderr)
			}
			code, stdout, stderr := callIn(t, project, root, "run", "--dry-run")
			if code != 0 || stderr != "" || !strings.HasSuffix(stdout, want+"\n") || !strings.Contains(stdout, "source=$PROJECT,target=/repo ") {
				t.Errorf("exit code %d, %s%s", code, stdout, stderr)
			}

			// Every comment that is a setting is one.
			file := filepath.Join(project, ".ctenv.toml")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all := regexp.MustCompile(`(?m)^# (\[containers\.agent\]|[a-z_]+ = )`).ReplaceAll(data, []byte("$1"))
			if err := os.WriteFile(file, all, 0o644); err != nil {
				t.Fatal(err)
			}
			if code, _, stderr := callIn(t, project, root, "run", "--dry-run", "dev"); code != 0 {
				t.Errorf("with all comments taken out: %s", stderr)
			}
			code, stdout, stderr = callIn(t, project, root, "run", "--dry-run", "agent")
			if code != 0 || !strings.Contains(stdout, "source=$PROJECT,target=$PROJECT ") {
				t.Errorf("agent: exit code %d, %s%s", code, stdout, stderr)
			}
		})
	}
}
