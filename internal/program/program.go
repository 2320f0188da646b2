//go:build linux

// Package program finds programs: for the user by PATH, for root in the container's own
// file system alone, since an earlier container can have written to its mounts.
package program

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/environ"
	"ctenv/internal/saferoot"
)

// ErrNotFound says that no directory of PATH holds a command.
var ErrNotFound = errors.New("command not found")

// LookPath finds a command as execvp(3) does: a name without a slash in the
// directories of path, in order. A file that is there but cannot be executed is only
// the answer when no later directory has a better one.
func LookPath(name, path string) (string, error) {
	if strings.Contains(name, "/") {
		return name, executable(name)
	}
	if name == "" {
		return "", fmt.Errorf("%q: %w", name, ErrNotFound)
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
	return "", fmt.Errorf("%q: %w", name, ErrNotFound)
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

// ErrMounted says that a program is not for root to run unless it is asked for by
// its path.
var ErrMounted = errors.New("it is in a mount, where root runs nothing that is not named by its path")

// LookRoot finds a command for root: in the standard directories first, and in all of
// them on the container's own file system only. The environment's PATH may begin in
// the project or in a home that is kept, where an earlier container can have put a
// file of any name. A path is taken as it is.
func LookRoot(r *saferoot.Root, name, path string) (string, error) {
	if strings.Contains(name, "/") {
		return name, executable(name)
	}
	var denied error
	for _, dir := range append(filepath.SplitList(environ.DefaultPath), filepath.SplitList(path)...) {
		if !filepath.IsAbs(dir) {
			continue
		}
		file, err := LookPath(name, dir)
		if err == nil && !ownsPath(r, file) {
			err = fmt.Errorf("%q: %w", file, ErrMounted)
		}
		if err == nil {
			return file, nil
		}
		if denied == nil && !errors.Is(err, ErrNotFound) {
			denied = err
		}
	}
	if denied != nil {
		return "", denied
	}
	return "", fmt.Errorf("%q: %w", name, ErrNotFound)
}

// ownsPath says that a path leads to the container's own file system, by no way through
// another one.
func ownsPath(r *saferoot.Root, p string) bool {
	own, there := follow(r, p)
	return own && there
}

// follow goes an absolute path, each symlink for itself as in path_resolution(7), and says
// whether all of it is the container's own, as far as it exists. What is in a mount can
// be another thing, or there at last, when it is used.
func follow(r *saferoot.Root, p string) (own, there bool) {
	at, rest := "/", strings.Split(p, "/")
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		switch next := filepath.Join(at, name); name {
		case "", ".":
		case "..":
			at = next
		default:
			target, err := ownStep(r, next)
			switch {
			case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
				return true, false
			case err != nil || links > maxLinks:
				return false, false
			case target == "":
				at = next
				continue
			case filepath.IsAbs(target):
				at = "/"
			}
			links++
			rest = append(strings.Split(target, "/"), rest...)
		}
	}
	return true, true
}

// maxLinks is how many symlinks are followed, as many as the kernel does.
const maxLinks = 40

// ownStep is where a symlink leads, "" for what is none. What is not the container's own is
// ErrMounted.
func ownStep(r *saferoot.Root, p string) (target string, err error) {
	fd, err := unix.Open(p, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	if !r.Owns(fd) {
		return "", ErrMounted
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFLNK {
		return "", err
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(fd, "", buf)
	return string(buf[:max(n, 0)]), err
}

// ErrNoShell says that the image has no shell.
var ErrNoShell = errors.New("the image has neither bash nor sh")

// FindShell finds the shell for shell text: "auto" (or "") is bash, else sh; else
// a path, or a name for look.
func FindShell(name string, look func(name string) (string, error)) (string, error) {
	if name != "" && name != "auto" {
		file, err := look(name)
		if err != nil {
			return "", fmt.Errorf("shell %w", err)
		}
		return file, nil
	}
	for _, name := range []string{"bash", "sh"} {
		if file, err := look(name); err == nil {
			return file, nil
		}
	}
	return "", ErrNoShell
}

// startNames are the variables by which a shell (POSIX.1, ENV; bash(1), BASH_ENV) or the
// dynamic linker (ld.so(8)) runs code before a command that nobody has named.
var startNames = []string{"BASH_ENV", "ENV", "LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "GCONV_PATH"}

// PlantedVariable is a variable by which a shell or the dynamic linker runs code, and that
// leads out of the image.
type PlantedVariable struct {
	Name, Value string
	Bad         string // the part that leads there, "" for the current directory
	Left        string // what root may have of it
}

// Planted are those of startNames that lead to something in a mount, as the image's ENV
// or the configuration has them: LookRoot's rule.
func Planted(r *saferoot.Root, env environ.Vars) []PlantedVariable {
	var out []PlantedVariable
	for _, name := range startNames {
		v := PlantedVariable{Name: name, Value: env.Get(name)}
		parts := []string{v.Value}
		switch name {
		case "LD_PRELOAD", "LD_AUDIT":
			parts = strings.Split(strings.ReplaceAll(v.Value, " ", ":"), ":")
		case "LD_LIBRARY_PATH":
			parts = strings.Split(strings.ReplaceAll(v.Value, ";", ":"), ":")
		case "GCONV_PATH":
			parts = strings.Split(v.Value, ":")
		}
		good := slices.DeleteFunc(slices.Clone(parts), func(p string) bool {
			ok := imageHas(r, p)
			switch name {
			case "BASH_ENV", "ENV": // which the shell expands
				ok = ok && !strings.ContainsAny(p, "$`")
			case "LD_PRELOAD", "LD_AUDIT": // a name without a slash is one of the image's libraries
				ok = ok || !strings.Contains(p, "/")
			}
			if !ok {
				v.Bad = p
			}
			return !ok
		})
		if v.Left = strings.Join(good, ":"); v.Value != "" && len(good) < len(parts) {
			out = append(out, v)
		}
	}
	return out
}

// imageHas says whether a path leads to the container's own file system, or nowhere in it.
func imageHas(r *saferoot.Root, p string) bool {
	own, _ := follow(r, p)
	return own && filepath.IsAbs(p)
}
