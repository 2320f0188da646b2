package configfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"ctenv/internal/config"
	"ctenv/internal/hint"
)

// LocalName is one's own file beside the project's.
const LocalName = ".ctenv.local.toml"

// projectNames are the names that a project's file can have.
var projectNames = []string{".ctenv.toml", "ctenv.toml"}

// project is what is known about the caller's project.
type project struct {
	dir   string   // absolute; "" where there is none
	files []string // in dir; two are an error as soon as one has to be read
	byPwd bool     // found by Options.Pwd alone
}

// findProject looks for the project's file from o.Cwd upward, or in
// o.ProjectDir only.
func findProject(o Options) (project, error) {
	if o.ProjectDir != "" {
		dir := config.Absolute(o.ProjectDir, o.Cwd, o.Home)
		info, err := os.Stat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return project{}, fmt.Errorf("project directory %q does not exist", dir)
		case err != nil:
			return project{}, fmt.Errorf("project directory %q: %w", dir, hint.Cause(err))
		case !info.IsDir():
			return project{}, fmt.Errorf("project directory %q is a file; name its directory", dir)
		}
		dir = o.spell(dir)
		files, err := projectFiles(dir, sameDir(dir, o.Home))
		return project{dir: dir, files: files}, err
	}
	if !filepath.IsAbs(o.Cwd) {
		return project{}, fmt.Errorf("the current directory %q is not known by its whole path", o.Cwd)
	}
	// The real directories first, so that a project is the same however one came into it.
	// Where they have none, a symlink may have led out of one.
	if p, err := o.upward(o.Cwd); err != nil || p.dir != "" {
		return p, err
	}
	if p, err := o.upward(o.Pwd); err != nil || p.dir != "" {
		p.byPwd = true
		return p, err
	}
	// Everything that the caller owns, or the whole machine, is no project by
	// accident.
	if sameDir(o.Cwd, o.Home) || sameDir(o.Cwd, "/") {
		return project{}, nil
	}
	return project{dir: filepath.Clean(o.Cwd)}, nil
}

// upward finds the nearest directory that holds a project's file, below the home.
func (o Options) upward(from string) (project, error) {
	if !filepath.IsAbs(from) {
		return project{}, nil
	}
	for dir := filepath.Clean(from); !sameDir(dir, o.Home) && !sameDir(dir, "/"); dir = filepath.Dir(dir) {
		files, err := projectFiles(dir, false)
		if err != nil {
			return project{}, err
		}
		if len(files) == 0 {
			continue
		}
		dir = o.spell(dir)
		files, err = projectFiles(dir, false)
		return project{dir: dir, files: files}, err
	}
	return project{}, nil
}

func (o Options) spell(dir string) string {
	if o.Spell == nil {
		return dir
	}
	return o.Spell(dir)
}

// projectFiles lists the project's files in dir. In the home directory
// .ctenv.toml is the user's.
func projectFiles(dir string, home bool) ([]string, error) {
	var files []string
	for _, name := range projectNames {
		if home && name == config.UserName {
			continue
		}
		path := filepath.Join(dir, name)
		there, err := exists(path)
		if err != nil {
			return nil, err
		}
		if there {
			files = append(files, path)
		}
	}
	return files, nil
}

// sameDir compares directories and not paths: a home can be reached through links.
func sameDir(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	ai, err := os.Stat(a)
	if err != nil {
		return false
	}
	bi, err := os.Stat(b)
	return err == nil && os.SameFile(ai, bi)
}

// exists is true for a dangling link, which is a mistake to be told and not a
// missing file. A directory that may not be searched holds nothing to be read. Whatever
// else keeps path from being looked at is an error: a path too long for the kernel, a
// broken disk and a file server that is away say nothing about what is there, and to
// go on without a project's file is to run something else.
func exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission):
		return false, nil
	case errors.Is(err, syscall.ENAMETOOLONG):
		return false, &config.Error{Msg: fmt.Sprintf("looking for %q: %v", path, hint.Cause(err)), Hint: "the kernel takes 4096 bytes in a path; work in a directory with a shorter one"}
	}
	return false, fmt.Errorf("looking for %q: %w", path, hint.Cause(err))
}
