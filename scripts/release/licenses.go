package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// licenseName are the files of a module that have to go with its code.
var licenseName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|copyright)([.-].*)?$`)

// licenses are the texts of the licenses of all modules in the parts, and of Go.
func (r release) licenses(parts []part) ([]byte, error) {
	modules := map[string]bool{}
	for _, p := range parts {
		for _, m := range p.info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			modules[m.Path+" "+m.Version] = true
		}
	}
	dirs, err := r.moduleDirs()
	if err != nil {
		return nil, err
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("The programs hold code of these modules, under these licenses.\n")
	if err := addLicenses(&b, "Go "+runtime.Version(), strings.TrimSpace(string(root))); err != nil {
		return nil, err
	}
	for _, m := range sorted(modules) {
		if err := addLicenses(&b, m, dirs[m]); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// moduleDirs are the directories of all modules of the checkout, by "PATH VERSION".
func (r release) moduleDirs() (map[string]string, error) {
	list := exec.Command("go", "list", "-m", "-f", "{{if .Replace}}{{.Replace.Path}} {{.Replace.Version}}{{else}}{{.Path}} {{.Version}}{{end}}\t{{.Dir}}", "all")
	list.Dir, list.Stderr = r.source, os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list -m all: %w", err)
	}
	dirs := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if name, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			dirs[name] = dir
		}
	}
	return dirs, nil
}

// addLicenses writes the texts that lie in a module's directory. A module without one
// is an error: nobody may hand it on.
func addLicenses(b *bytes.Buffer, module, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", module, err)
	}
	count := 0
	for _, e := range entries {
		if e.IsDir() || !licenseName.MatchString(e.Name()) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		count++
		fmt.Fprintf(b, "\n---- %s: %s ----\n\n%s\n", module, e.Name(), bytes.TrimSpace(data))
	}
	if count == 0 {
		return fmt.Errorf("%s has no license in %q", module, dir)
	}
	return nil
}
