package host

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ctenv/internal/plan"
)

// Worktree looks whether the project is a linked worktree of git
// (gitrepository-layout(5)): its .git is then a file that names a folder
// <common>/worktrees/<name> elsewhere, and git works in the container only when
// <common> is there too.
//
// That file is part of the checkout, so whoever wrote the checkout, or ran in a
// container that has it mounted, can let it name any folder. It is believed only
// where the folder agrees: it belongs to uid, as its common folder does, and its
// own file "gitdir" names this checkout's .git, and no home lies in it, as an archive
// unpacked there could bring all of the rest. Its file "commondir" is not read,
// the place in the common folder is enough. Otherwise the result is nil and the
// error says why; nil and no error: there is nothing to mount.
func Worktree(project, home string, uid int) (*plan.Worktree, error) {
	file := filepath.Join(project, ".git")
	info, err := os.Lstat(file)
	if project == "" || err != nil || !info.Mode().IsRegular() {
		return nil, nil
	}
	data, err := readCapped(file)
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", file, err)
	}
	link, ok := bytes.CutPrefix(data, []byte("gitdir: "))
	if !ok {
		return nil, nil
	}
	written := strings.TrimRight(string(link), "\r\n")
	gitDir := written
	if !filepath.IsAbs(gitDir) {
		gitDir = filepath.Join(project, gitDir)
	}
	untrusted := func(why string) (*plan.Worktree, error) {
		return nil, fmt.Errorf("%q names %q, %s; it is not mounted, so git will not work in the container", file, written, why)
	}
	real, err := filepath.EvalSymlinks(gitDir)
	if err != nil {
		return untrusted("which does not exist")
	}
	// In the container the folder before the ".." is missing.
	if filepath.IsAbs(written) && strings.Contains(written+"/", "/../") {
		return untrusted(`with ".." in it ("git worktree repair" writes it anew)`)
	}
	if inside(realPath(project), real) {
		return nil, nil // mounted with the project
	}
	worktrees := filepath.Dir(real)
	common := filepath.Dir(worktrees)
	if filepath.Base(worktrees) != "worktrees" {
		return untrusted("which is no worktree's folder of a repository")
	}
	if inside(common, realPath(home)) {
		return untrusted("in a folder that holds your home")
	}
	backlink, err := readCapped(filepath.Join(real, "gitdir"))
	if err != nil || !sameFile(resolve(real, strings.TrimRight(string(backlink), "\r\n")), file) {
		return untrusted("which does not name this checkout in turn")
	}
	for _, dir := range []string{real, common} {
		info, err := os.Stat(dir)
		if err != nil {
			return nil, cause(err)
		}
		if owner, ok := ownerOf(info); !ok || owner != uid {
			return untrusted("which belongs to another user")
		}
	}
	return &plan.Worktree{CommonDir: common, GitDir: written}, nil
}

func resolve(dir, p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(dir, p)
}

func inside(dir, p string) bool {
	return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}

func sameFile(a, b string) bool {
	ia, errA := os.Stat(a)
	ib, errB := os.Stat(b)
	return errors.Join(errA, errB) == nil && os.SameFile(ia, ib)
}
