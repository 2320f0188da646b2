package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ctenv/internal/look"
)

// Repository looks where the repository is that the project is a checkout of, when its
// .git is a file or a symlink (gitrepository-layout(5)): of a linked worktree, of a
// submodule, or with a separate git directory. Git works in the container only when that
// is there too. It is nil where .git is a directory, or is none.
//
// What .git says is part of the checkout, so whoever wrote the checkout, or ran in a
// container that has it mounted, can let it name any directory. It is believed only where
// the directory agrees: it is a git directory and the caller's, neither the project nor a
// home lies in it, and it names this checkout in turn, in its file "gitdir" or as
// core.worktree. An archive can bring all of that, so the caller is asked besides.
func Repository(project, home string, uid int) *look.Repository {
	if project == "" {
		return nil
	}
	file := filepath.Join(project, ".git")
	written, ok := gitPointer(file)
	if !ok {
		return otherCheckout(realPath(project), realPath(home))
	}
	r := &look.Repository{File: file, Written: written, Names: []look.GitName{{Dir: ".", Path: written}}}
	unproven := func(why string) *look.Repository {
		r.Unproven = why
		return r
	}
	real, err := evalSymlinks(resolve(project, written))
	if err != nil {
		return unproven("which does not exist")
	}
	r.Dir = real
	common, linked := commonDir(real)
	if linked {
		r.Dir = common
		r.Names[0].Path = filepath.Dir(filepath.Dir(filepath.Clean(written)))
	}
	if inside(realPath(project), r.Dir) {
		r.Inside = true
		return r
	}
	// In the container the directory before the ".." is missing.
	if filepath.IsAbs(written) && strings.Contains(written+"/", "/../") {
		return unproven(`with ".." in it ("git worktree repair" writes it anew)`)
	}
	if why := doubt(r.Dir, realPath(project), realPath(home)); why != "" {
		return unproven(why)
	}
	backlink, ok := readGitFile(filepath.Join(real, "gitdir"))
	if !linked {
		if backlink, ok = coreWorktree(real, newWorktrees().config); ok {
			backlink = filepath.Join(backlink, ".git")
		}
	}
	if !ok || !sameFile(resolve(real, backlink), file) {
		return unproven("which does not name this checkout in turn")
	}
	for _, dir := range []string{real, r.Dir} {
		info, err := os.Stat(dir)
		if err != nil {
			return unproven(fmt.Sprintf("which cannot be looked at: %v", cause(err)))
		}
		if Owner(info) != uid {
			return unproven("which belongs to another user")
		}
	}
	if linked {
		r.Names = append(r.Names, submoduleNames(realPath(project), real, common)...)
	}
	return r
}

// otherCheckout is the repository of a checkout that the project lies in, or that lies right
// in the project, where the container has it nowhere. What of such a checkout is in the
// container is not all that git needs, so there is nothing to prove.
func otherCheckout(project, home string) *look.Repository {
	if _, err := os.Lstat(filepath.Join(project, ".git")); err == nil {
		return nil
	}
	for dir := filepath.Dir(project); dir != home; dir = filepath.Dir(dir) {
		if r := notTheProjects(project, dir); r != nil {
			r.Unproven = "for a checkout that begins above the project"
			return r
		}
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil || dir == filepath.Dir(dir) {
			break
		}
	}
	dirs, _ := children(project)
	for _, dir := range dirs {
		if r := notTheProjects(project, dir); r != nil && !inside(project, r.Dir) {
			r.Unproven = "for a checkout in the project, outside of it"
			return r
		}
	}
	return nil
}

// notTheProjects is the repository that the .git of another checkout leads to, nil where
// that is a directory or none.
func notTheProjects(project, dir string) *look.Repository {
	file := filepath.Join(dir, ".git")
	written, ok := gitPointer(file)
	if !ok {
		return nil
	}
	place, _ := filepath.Rel(project, dir)
	r := &look.Repository{File: file, Written: written, Dir: realPath(resolve(dir, written)), Names: []look.GitName{{Dir: place, Path: written}}}
	if common, linked := commonDir(r.Dir); linked {
		r.Dir, r.Names[0].Path = common, filepath.Dir(filepath.Dir(filepath.Clean(written)))
	}
	return r
}

// doubt says why a directory is not to be mounted as a git directory, whatever it names.
func doubt(dir, project, home string) string {
	switch {
	case inside(dir, home):
		return "in a directory that holds your home"
	case inside(dir, project):
		return "in a directory that holds the project"
	case !isGitDir(dir):
		return "which is no repository of git"
	}
	return ""
}

// gitPointer is what a .git that is a file or a symlink leads to, as it is written.
func gitPointer(file string) (string, bool) {
	info, err := os.Lstat(file)
	switch {
	case err != nil:
		return "", false
	case info.Mode().IsRegular():
		return gitLink(file)
	case info.Mode()&os.ModeSymlink != 0:
		// It may lead to a file as well, which git follows; that is nobody's habit.
		target, err := os.Readlink(file)
		return target, err == nil
	}
	return "", false
}

// submoduleNames are the ways in which the submodules of a linked worktree name its
// repository: each has a git directory in <common>/worktrees/<id>/modules.
func submoduleNames(project, admin, common string) []look.GitName {
	w := newWorktrees()
	w.below(filepath.Join(admin, "modules"), 0)
	var names []look.GitName
	for _, m := range w.found {
		place, err := filepath.Rel(project, m.Real)
		if !m.Module || err != nil || !filepath.IsLocal(place) {
			continue
		}
		text, ok := gitLink(filepath.Join(m.Real, ".git"))
		if !ok || realPath(resolve(m.Real, text)) != m.Admin {
			continue
		}
		rest, err := filepath.Rel(common, m.Admin)
		if name, ok := strings.CutSuffix(filepath.Clean(text), "/"+rest); ok && err == nil {
			names = append(names, look.GitName{Dir: place, Path: name})
		}
	}
	return names
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
	return errA == nil && errB == nil && os.SameFile(ia, ib)
}
