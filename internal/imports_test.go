package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ours says which of our packages each of them may import: the table in
// docs/architecture.md.
func ours(t *testing.T) map[string][]string {
	t.Helper()
	doc, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `((?:cmd|internal)/[^`]*)` \\|.*\\|(.*)\\|$").FindAllStringSubmatch(string(doc), -1) {
		table[row[1]] = nil
		for word := range strings.SplitSeq(row[2], ",") {
			if name, _, _ := strings.Cut(strings.TrimSpace(word), " "); name != "" && name != "none" {
				table[row[1]] = append(table[row[1]], "internal/"+name)
			}
		}
	}
	return table
}

// bans are imports that only some packages may have.
var bans = []struct {
	imported string // a package and all below it
	only     []string
	reason   string
}{
	{"github.com/docker/docker/client", []string{"internal/engine", "internal/engine/conn"}, "one place that speaks to the engine"},
	{"github.com/spf13/cobra", []string{"internal/cli", "internal/usage"}, "commands are a surface; what they do must not need one"},
	{"github.com/pelletier/go-toml", []string{"internal/config"}, "one place that knows the file's format"},
	{"github.com/docker/cli/opts", []string{"internal/runargs", "internal/engine/conn"}, "one place that knows docker run's options, and one that reads addresses"},
	{"os/exec", []string{"internal/build", "internal/host", "internal/cli", "internal/doctor", "internal/shim", "internal/setup", "internal/child", "internal/packager", "internal/joinserver", "internal/shelltext", "internal/shell", "internal/scratchroot", "internal/engine/conn", "internal/podmancheck"}, "a process is a cost and a risk; only these have a reason to start one"},
}

// pure are the packages that decide from values: neither they nor what of ours they
// import, by whatever way, may look at or change the machine.
var pure = []string{"internal/decide", "internal/grants", "internal/dockerline", "internal/owners", "internal/plan"}

// noLooking are imports and functions with which a package can look at the machine, the
// clock or chance.
var noLooking = []string{"os", "os/exec", "os/signal", "os/user", "io/ioutil", "net/http", "runtime", "syscall", "golang.org/x/sys/unix",
	"crypto/rand", "math/rand", "math/rand/v2", "crypto/x509.SystemCertPool",
	"path/filepath.EvalSymlinks", "path/filepath.Abs", "path/filepath.Glob", "path/filepath.Walk", "path/filepath.WalkDir",
	"time.Now", "time.Since", "time.Until", "time.Sleep", "time.After", "time.AfterFunc", "time.NewTimer", "time.NewTicker", "time.Tick", "time.LoadLocation"}

// netValues are what of package net is about values.
var netValues = []string{"net.ParseMAC", "net.ParseIP", "net.ParseCIDR", "net.IP", "net.IPNet", "net.HardwareAddr"}

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
	table := ours(t)
	for pkg, imports := range list(t) {
		allowed, known := table[pkg]
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
		}
	}
}

// TestPure looks into each file of the pure packages and of what of ours they import, for
// imports and names alone. Not into libraries: those of these packages bring os and net with
// them (docker/cli/opts, go-toml), and that no more is called there than what parses values is for
// who reads the code to see.
func TestPure(t *testing.T) {
	for _, pkg := range goList(t, append([]string{"-deps", "-f", "{{.ImportPath}}"}, full(pure)...)...) {
		dir, ours := strings.CutPrefix(pkg, "ctenv/")
		if !ours {
			continue
		}
		files, err := filepath.Glob("../" + dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files (%v)", dir, err)
		}
		for _, file := range files {
			name := strings.TrimPrefix(file, "../")
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			for _, look := range looks(t, file) {
				t.Errorf("%s uses %s: it decides from values alone", name, look)
			}
		}
	}
}

// looks are the uses of noLooking in a file.
func looks(t *testing.T, file string) (found []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]string{} // of imports, by their names in this file
	for _, spec := range parsed.Imports {
		imp := strings.Trim(spec.Path.Value, `"`)
		name := path.Base(imp)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		paths[name] = imp
		if slices.Contains(noLooking, imp) || name == "." {
			found = append(found, imp)
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			x, _ := sel.X.(*ast.Ident)
			if x == nil {
				return true
			}
			used := paths[x.Name] + "." + sel.Sel.Name
			if slices.Contains(noLooking, used) || paths[x.Name] == "net" && !slices.Contains(netValues, used) {
				found = append(found, used)
			}
		}
		return true
	})
	return found
}

func full(pkgs []string) (out []string) {
	for _, p := range pkgs {
		out = append(out, "ctenv/"+p)
	}
	return out
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
	for pkg := range ours(t) {
		if _, ok := found[pkg]; !ok {
			t.Errorf("%s is gone; take it out of docs/architecture.md", pkg)
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
