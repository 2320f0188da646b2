package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// userName is the user's file, in the home directory.
const userName = ".ctenv.toml"

// projectNames are the names that a project's file can have.
var projectNames = []string{".ctenv.toml", "ctenv.toml"}

// project is what is known about the caller's project.
type project struct {
	dir   string   // absolute; "" where there is none
	files []string // in dir; two are an error as soon as one has to be read
}

// findProject looks for the project's file from o.Cwd upward, or in
// o.ProjectDir only.
func findProject(o LoadOptions) (project, error) {
	if o.ProjectDir != "" {
		dir := absolute(o.ProjectDir, o.Cwd, o.Home)
		info, err := os.Stat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return project{}, fmt.Errorf("project directory %q does not exist", dir)
		case err != nil:
			return project{}, fmt.Errorf("project directory %q: %w", dir, cause(err))
		case !info.IsDir():
			return project{}, fmt.Errorf("project directory %q is a file; name its folder", dir)
		}
		return project{dir: dir, files: projectFiles(dir, sameDir(dir, o.Home))}, nil
	}
	for dir := filepath.Clean(o.Cwd); !sameDir(dir, o.Home) && !sameDir(dir, "/"); dir = filepath.Dir(dir) {
		if files := projectFiles(dir, false); len(files) > 0 {
			return project{dir: dir, files: files}, refuseStrangers(dir, files, os.Getuid())
		}
	}
	// Everything that the caller owns, or the whole machine, is no project by
	// accident.
	if sameDir(o.Cwd, o.Home) || sameDir(o.Cwd, "/") {
		return project{}, nil
	}
	return project{dir: filepath.Clean(o.Cwd)}, nil
}

// refuseStrangers refuses files that another user has put on the way: a file in /tmp
// would be in force for all that anybody does below it. Where only some may write, as
// in a team's folder, they are trusted with it.
func refuseStrangers(dir string, files []string, uid int) error {
	info, err := os.Stat(dir)
	if err != nil || info.Mode()&0o002 == 0 {
		return nil // that it cannot be read is told by who reads it
	}
	for _, file := range files {
		info, err := os.Lstat(file)
		if err != nil {
			continue
		}
		if owner := int(info.Sys().(*syscall.Stat_t).Uid); owner != uid && owner != 0 {
			return &Error{
				Msg:  fmt.Sprintf("%q belongs to another user, uid %d, in a folder that everybody can write to", file, owner),
				Hint: fmt.Sprintf("-p %s uses it, and -p . the current directory", dir),
			}
		}
	}
	return nil
}

// projectFiles lists the project's files in dir. In the home directory
// .ctenv.toml is the user's.
func projectFiles(dir string, home bool) []string {
	var files []string
	for _, name := range projectNames {
		if home && name == userName {
			continue
		}
		if path := filepath.Join(dir, name); exists(path) {
			files = append(files, path)
		}
	}
	return files
}

// sameDir compares folders and not paths: a home can be reached through links.
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
// missing file. A folder that may not be searched holds nothing to be read.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
