package starter

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// DevcontainerNames are where a project has a devcontainer.json, the usual place first.
var DevcontainerNames = []string{".devcontainer/devcontainer.json", ".devcontainer.json"}

// devcontainers are the files of that kind, the usual ones first.
func (p project) devcontainers() []string {
	names := slices.Clone(DevcontainerNames)
	entries, _ := fs.ReadDir(p.dir, ".devcontainer")
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, ".devcontainer/"+e.Name()+"/devcontainer.json")
		}
	}
	var found []string
	for _, name := range names {
		if p.read(name) != nil {
			found = append(found, name)
		}
	}
	return found
}

// devcontainer is what the project's devcontainer.json says, and what there is to say of
// it. ok is false where it names nothing to run.
func (p project) devcontainer() (s Starter, said []string, ok bool) {
	files := p.devcontainers()
	if len(files) > 1 {
		said = append(said, fmt.Sprintf("there are several devcontainers; %s is taken, and not %s", files[0], strings.Join(files[1:], ", ")))
	}
	if len(files) == 0 {
		return s, said, false
	}
	s, err := translate(files[0], "", p.read(files[0]), p.machine)
	if err != nil {
		return s, append(said, fmt.Sprintf("%s is left out: %v", files[0], err)), false
	}
	return s, said, true
}

// DevcontainerProject is the project that a devcontainer.json is of: what holds
// .devcontainer. file is absolute.
func DevcontainerProject(file string) string {
	for dir := filepath.Dir(file); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if filepath.Base(dir) == ".devcontainer" {
			return filepath.Dir(dir)
		}
	}
	return filepath.Dir(file)
}

// DevcontainersIn are the devcontainer.json of a directory: the one at a usual place, else those
// of the directories in .devcontainer.
func DevcontainersIn(dir string) (files []string) {
	there := func(name string) bool {
		_, err := os.Lstat(filepath.Join(dir, name))
		return err == nil
	}
	for _, name := range DevcontainerNames {
		if there(name) {
			return []string{filepath.Join(dir, name)}
		}
	}
	entries, _ := os.ReadDir(filepath.Join(dir, ".devcontainer"))
	for _, e := range entries {
		if name := filepath.Join(".devcontainer", e.Name(), "devcontainer.json"); there(name) {
			files = append(files, filepath.Join(dir, name))
		}
	}
	return files
}

// NearestDevcontainers looks from a directory upward, as far as the home directory, which
// is no project. isHome tells it.
func NearestDevcontainers(dir string, isHome func(dir string) bool) []string {
	for ; !isHome(dir); dir = filepath.Dir(dir) {
		if files := DevcontainersIn(dir); len(files) > 0 || dir == filepath.Dir(dir) {
			return files
		}
	}
	return nil
}
