package internal_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// ours says which of our packages each of them may import. A package that is not
// here may import none.
var ours = map[string][]string{
	"cmd/ctenv":          {"internal/cli"},
	"cmd/ctenv-init":     {"internal/setup", "internal/wire"},
	"cmd/ctenv-shell":    {"internal/shell"},
	"internal/build":     {"internal/plan"},
	"internal/cli":       {"internal/build", "internal/config", "internal/engine", "internal/host", "internal/initbin", "internal/plan", "internal/runargs", "internal/starter", "internal/term"},
	"internal/config":    {},
	"internal/engine":    {"internal/plan", "internal/runargs", "internal/wire"},
	"internal/host":      {"internal/plan", "internal/wire"},
	"internal/initbin":   {},
	"internal/plan":      {"internal/config", "internal/runargs", "internal/wire"},
	"internal/runargs":   {"internal/config"},
	"internal/setup":     {"internal/shellbin", "internal/shellcall", "internal/wire"},
	"internal/shell":     {"internal/coreutils", "internal/shellcall"},
	"internal/shellbin":  {},
	"internal/shellcall": {},
	"internal/coreutils": {},
	"internal/starter":   {},
	"internal/term":      {},
	"internal/wire":      {},
	// Only tests import it, so that no program of ours holds package testing.
	"internal/scratchroot": {},
}

// bans are imports that only some packages may have.
var bans = []struct {
	imported string // a package and all below it
	only     []string
	reason   string
}{
	{"github.com/docker/docker/client", []string{"internal/engine"}, "one place that speaks to the engine"},
	{"github.com/spf13/cobra", []string{"internal/cli"}, "commands are a surface; what they do must not need one"},
	{"github.com/pelletier/go-toml", []string{"internal/config"}, "one place that knows the file's format"},
	{"github.com/docker/cli/opts", []string{"internal/runargs", "internal/engine"}, "one place that knows docker run's options, and one that reads addresses"},
	{"os/exec", []string{"internal/build", "internal/host", "internal/cli", "internal/setup", "internal/shell", "internal/scratchroot", "internal/engine"}, "a process is a cost and a risk; only these have a reason to start one"},
}

// pure packages decide from values: they may not look at or change the machine.
var pure = map[string][]string{
	"internal/plan": {"os", "os/exec", "os/user", "net", "net/http", "time", "golang.org/x/sys/unix", "syscall"},
	"internal/wire": {"os", "os/exec", "net", "net/http", "time", "syscall"},
}

// initBans keeps ctenv-init small and quick to start: what it must not hold at
// all, by whatever way.
var initBans = map[string]string{
	"net/http":                        "it speaks to nobody",
	"crypto/tls":                      "it speaks to nobody",
	"github.com/spf13/cobra":          "it has no command line",
	"github.com/pelletier/go-toml/v2": "the file is read on the host",
	"regexp":                          "package-level patterns are compiled at every start",
	"mvdan.cc/sh/v3/interp":           "1.2 ms more at every start; it has a program of its own, embedded",
}

func TestImports(t *testing.T) {
	for pkg, imports := range list(t) {
		allowed, known := ours[pkg]
		for _, imp := range imports {
			if rel, ok := strings.CutPrefix(imp, "ctenv/"); ok {
				if strings.HasPrefix(pkg, "e2e") || strings.HasPrefix(pkg, "scripts") {
					continue
				}
				if !known || !slices.Contains(allowed, rel) {
					t.Errorf("%s may not import %s; docs/architecture.md has the picture", pkg, rel)
				}
			}
			for _, ban := range bans {
				if (imp == ban.imported || strings.HasPrefix(imp, ban.imported+"/")) && known && !slices.Contains(ban.only, pkg) {
					t.Errorf("%s may not import %s: %s", pkg, imp, ban.reason)
				}
			}
			if slices.Contains(pure[pkg], imp) {
				t.Errorf("%s may not import %s: it decides from values alone", pkg, imp)
			}
		}
	}
}

func TestInitStaysSmall(t *testing.T) {
	deps := goList(t, "-deps", "-f", "{{.ImportPath}}", "ctenv/cmd/ctenv-init")
	if !slices.Contains(deps, "ctenv/internal/setup") {
		t.Fatalf("ctenv-init holds no setup: %q", deps)
	}
	for _, dep := range deps {
		if reason, banned := initBans[dep]; banned {
			t.Errorf("ctenv-init holds %s, but %s", dep, reason)
		}
	}
}

// list gives the imports of packages of ours, tests left out.
func list(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, line := range goList(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "ctenv/...") {
		words := strings.Fields(line)
		found[strings.TrimPrefix(words[0], "ctenv/")] = words[1:]
	}
	for pkg := range ours {
		if _, ok := found[pkg]; !ok {
			t.Errorf("%s is gone; take it out of this test", pkg)
		}
	}
	return found
}

func goList(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	cmd.Env = append(os.Environ(), "GOOS=linux", "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}
