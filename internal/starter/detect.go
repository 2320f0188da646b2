// Package starter looks at a project and writes the configuration that it could
// start with.
package starter

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"ctenv/internal/hint"
	"ctenv/internal/runline"
)

// Starter is a configuration to start with.
type Starter struct {
	Because    string   // what was found, for people
	Image      string   // or:
	Dockerfile string   // to build, and
	Context    string   // "" for the project's directory
	Target     string   // a stage of it
	Install    string   // what the image lacks, as root
	Volumes    []string // caches that survive
	Command    string   // an example of what to run, "" when none suggests itself

	Args []string          // build arguments, as TOML has them
	Keys []runline.Setting // further ones that the project's own description has
	Left []string          // what of that is not taken over, each with the reason
	// Missed are those of Left that a command may miss.
	Missed []string
	Said   []string // what else there is to say of it
}

// MaxFile caps what is worth to be read of a file, in bytes.
const MaxFile = 1 << 20

// Detect looks at the files of a project's directory. It looks for names, and into
// few files; one that cannot be read or understood counts for its name. dir has to
// refuse to read what is no regular file, as regular.FS does.
func Detect(dir fs.FS, m Machine) (Starter, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return Starter{}, hint.Cause(err)
	}
	p := project{dir: dir, names: map[string]bool{}, machine: m}
	for _, e := range entries {
		p.names[e.Name()] = true
	}
	s := p.toolchain()
	// Whoever wrote these has said what the project needs.
	own, said, ok := p.devcontainer()
	if name := p.first("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"); name != "" {
		said = append(said, name+" is left out: a container of ctenv is one by itself, and network = \"NAME\" joins the network of what compose runs")
	}
	s.Said = said
	if ok {
		volumes, command := s.Volumes, s.Command
		s = own
		s.Volumes, s.Command, s.Said = volumes, command, said
	} else if name := p.first("Dockerfile.dev", "Dockerfile", "Containerfile"); name != "" {
		s.Because, s.Image, s.Dockerfile = name, "", name
	} else {
		return s, nil
	}
	// Their image has its own tools, at its own places.
	s.Install = ""
	s.Volumes = slices.DeleteFunc(s.Volumes, func(v string) bool { return !strings.Contains(v, ":~/") })
	return s, nil
}

type project struct {
	dir   fs.FS
	names map[string]bool
	// machine is what a devcontainer.json is held against.
	machine Machine
}

// first is the first of the names that is there, or "".
func (p project) first(names ...string) string {
	for _, n := range names {
		if p.names[n] {
			return n
		}
	}
	return ""
}

// read gives a file's content, or nil.
func (p project) read(name string) []byte {
	data, err := fs.ReadFile(p.dir, name)
	if err != nil {
		return nil
	}
	return data
}

// toolchain is the image of the language that the project is written in.
func (p project) toolchain() Starter {
	switch {
	case p.names["go.mod"]:
		return Starter{
			Because: "go.mod", Image: "golang:" + version(goVersion(p.read("go.mod")), 2, "1"),
			Volumes: []string{"go-${USER}:/go:chown", "go-build-${USER}:~/.cache/go-build:chown"}, Command: "go test ./...",
		}
	case p.names["Cargo.toml"]:
		return Starter{
			Because: "Cargo.toml", Image: "rust:1",
			Volumes: []string{"cargo-${USER}:/usr/local/cargo/registry:chown"}, Command: "cargo build",
		}
	case p.names["package.json"]:
		return p.node()
	case p.first("pyproject.toml", "requirements.txt", "setup.py") != "":
		return Starter{
			Because: p.first("pyproject.toml", "requirements.txt", "setup.py"), Image: "python:" + version(string(p.read(".python-version")), 2, "3"),
			Volumes: []string{"pip-${USER}:~/.cache/pip:chown"}, Command: "python3 -m unittest",
		}
	case p.names["pom.xml"]:
		return Starter{Because: "pom.xml", Image: "maven:3", Volumes: []string{"maven-${USER}:~/.m2:chown"}, Command: "mvn package"}
	case p.first("build.gradle", "build.gradle.kts") != "":
		return Starter{Because: p.first("build.gradle", "build.gradle.kts"), Image: "gradle:8", Volumes: []string{"gradle-${USER}:~/.gradle:chown"}, Command: "gradle build"}
	case p.names["Gemfile"]:
		return Starter{Because: "Gemfile", Image: "ruby:3", Command: "bundle exec rake"}
	case p.names["composer.json"]:
		return Starter{Because: "composer.json", Image: "composer:2", Command: "composer install"}
	case p.names["CMakeLists.txt"]:
		return Starter{Because: "CMakeLists.txt", Image: "gcc:14", Install: install("cmake"), Command: "cmake -B build && cmake --build build"}
	case p.names["meson.build"]:
		return Starter{Because: "meson.build", Image: "gcc:14", Install: install("meson"), Command: "meson setup build && meson compile -C build"}
	case p.first("GNUmakefile", "Makefile", "makefile", "configure") != "":
		return Starter{Because: p.first("GNUmakefile", "Makefile", "makefile", "configure"), Image: "gcc:14", Command: "make"}
	}
	return Starter{Because: "nothing here says what it is made with, so it is a plain Debian", Image: "debian:stable"}
}

// install is a command that installs the package of Debian's that has the name of a
// program, unless that is there.
func install(program string) string {
	return fmt.Sprintf("command -v %[1]s >/dev/null || { apt-get -qq update && apt-get -qq install -y %[1]s; }", program)
}

func (p project) node() Starter {
	s := Starter{Because: "package.json", Volumes: []string{"npm-${USER}:~/.npm:chown"}, Command: "npm ci"}
	var pkg struct {
		Engines struct{ Node string }
		Scripts map[string]string
	}
	_ = json.Unmarshal(p.read("package.json"), &pkg) // its name alone says node
	wanted := cmp.Or(strings.TrimSpace(string(p.read(".nvmrc"))), pkg.Engines.Node)
	s.Image = "node:" + version(wanted, 1, "lts")
	if _, ok := pkg.Scripts["test"]; ok {
		s.Command = "npm test"
	}
	return s
}

// goVersion is what follows "go" in go.mod.
func goVersion(mod []byte) string {
	for line := range bytes.Lines(mod) {
		if words := strings.Fields(string(line)); len(words) >= 2 && words[0] == "go" {
			return words[1]
		}
	}
	return ""
}

// version is the start of text's first version number, so many of its parts:
// "20" of ">=20.1 <23". What holds none, or a choice, is otherwise's.
func version(text string, parts int, otherwise string) string {
	start := strings.IndexAny(text, "0123456789")
	if start < 0 {
		return otherwise
	}
	text = text[start:]
	if end := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); end >= 0 {
		text = text[:end]
	}
	numbers := strings.Split(strings.Trim(text, "."), ".")
	return strings.Join(numbers[:min(parts, len(numbers))], ".")
}
