//go:build linux

package setup

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// errNotFound says that no folder of PATH holds a command.
var errNotFound = errors.New("command not found")

// lookPath finds a command as execvp(3) does: a name without a slash in the
// folders of path, in order. A file that is there but cannot be executed is only
// the answer when no later folder has a better one.
func lookPath(name, path string) (string, error) {
	if strings.Contains(name, "/") {
		return name, executable(name)
	}
	if name == "" {
		return "", fmt.Errorf("%q: %w", name, errNotFound)
	}
	var denied error
	for _, dir := range filepath.SplitList(path) {
		file := filepath.Join(dir, name)
		if !filepath.IsAbs(dir) {
			// POSIX.1, 8.3: an empty part is the current directory. The slash keeps
			// it a path.
			file = "./" + file
		}
		err := executable(file)
		if err == nil {
			return file, nil
		}
		if denied == nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENOTDIR) {
			denied = err
		}
	}
	if denied != nil {
		return "", denied
	}
	return "", fmt.Errorf("%q: %w", name, errNotFound)
}

// executable says why a file cannot be executed. For root too, access(2) wants an
// x somewhere, as exec does.
func executable(file string) error {
	var st unix.Stat_t
	err := unix.Stat(file, &st)
	if err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
		err = unix.EISDIR
	}
	if err == nil {
		err = unix.Access(file, unix.X_OK)
	}
	if err != nil {
		return fmt.Errorf("%q: %w", file, err)
	}
	return nil
}

// rootPath is a PATH for what root looks up: the parts of path that do not
// depend on the current directory, which is the user's, then the standard ones.
func rootPath(path string) string {
	var dirs []string
	for _, dir := range append(filepath.SplitList(path), filepath.SplitList(defaultPath)...) {
		if filepath.IsAbs(dir) {
			dirs = append(dirs, dir)
		}
	}
	return strings.Join(dirs, ":")
}

// errNoShell says that the image has no shell.
var errNoShell = errors.New("the image has neither bash nor sh")

// findShell finds the shell for shell text: "auto" (or "") is bash, else sh; else
// a path, or a name on path.
func findShell(name, path string) (string, error) {
	path = rootPath(path)
	if name != "" && name != "auto" {
		file, err := lookPath(name, path)
		if err != nil {
			return "", fmt.Errorf("shell %w", err)
		}
		return file, nil
	}
	for _, name := range []string{"bash", "sh"} {
		if file, err := lookPath(name, path); err == nil {
			return file, nil
		}
	}
	return "", errNoShell
}

// findLoginShell is what SHELL and the passwd entry say: bash or sh as the image
// has it, else the path where every program expects one.
func findLoginShell(path string) string {
	file, err := findShell("auto", path)
	if err != nil || strings.ContainsAny(file, ":\n") {
		return "/bin/sh"
	}
	return file
}
