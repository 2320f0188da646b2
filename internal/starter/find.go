package starter

import (
	"os"
	"path/filepath"
)

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

// DevcontainerIn is the devcontainer.json of a directory at one of the usual places, or "".
func DevcontainerIn(dir string) string {
	for _, name := range DevcontainerNames {
		file := filepath.Join(dir, name)
		if _, err := os.Lstat(file); err == nil {
			return file
		}
	}
	return ""
}

// NearestDevcontainer looks from a directory upward, as far as the home directory, which
// is no project. isHome tells it.
func NearestDevcontainer(dir string, isHome func(dir string) bool) string {
	for ; !isHome(dir); dir = filepath.Dir(dir) {
		if file := DevcontainerIn(dir); file != "" || dir == filepath.Dir(dir) {
			return file
		}
	}
	return ""
}
