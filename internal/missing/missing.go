// Package missing makes the directories of mounts with the option create.
package missing

import (
	"fmt"
	"path/filepath"
	"slices"

	"ctenv/internal/config"
	"ctenv/internal/decide"
	"ctenv/internal/expand"
	"ctenv/internal/host"
	"ctenv/internal/look"
	"ctenv/internal/mountpoint"
	"ctenv/internal/plan"
)

// Make makes the directories that mounts want made, as the caller, and notes in
// seen what they are. Everything else in seen is what was judged, and stays.
// Without such mounts it does nothing. An error is a *config.Error.
func Make(draft *expand.Draft, seen *look.Seen) error {
	dirs := decide.Missing(draft, *seen)
	if len(dirs) == 0 {
		return nil
	}
	// After a mistake nothing is made.
	if _, err := decide.Plan(draft, *seen, look.Facts{}); err != nil {
		return err
	}
	var paths []plan.HostPath
	for _, real := range dirs {
		root := firmParent(real)
		rel, err := filepath.Rel(root, real)
		if err != nil {
			return &config.Error{Msg: err.Error()}
		}
		paths = append(paths, plan.HostPath{Root: root, Rel: filepath.ToSlash(rel)})
	}
	if _, err := mountpoint.Make(paths); err != nil {
		return &config.Error{Msg: fmt.Sprintf("volumes: %v", err), Hint: "make it yourself, or mount another directory", Found: true}
	}
	return lookAtMade(dirs, seen)
}

// firmParent is the nearest directory above p to which no symlink leads. p is a path
// that had none when it was judged.
func firmParent(p string) string {
	for dir := filepath.Dir(p); ; dir = filepath.Dir(dir) {
		if real, err := filepath.EvalSymlinks(dir); dir == filepath.Dir(dir) || err == nil && real == dir {
			return dir
		}
	}
}

// lookAtMade puts into seen what the directories made, and those that were made on the
// way, are now. Who can write beside one can put a symlink in its place after it was
// judged: then it is an error.
func lookAtMade(made []string, seen *look.Seen) error {
	var again []string
	for p, there := range seen.Paths {
		onWay := func(m string) bool {
			rel, err := filepath.Rel(there.Real, m) // as it was judged: what it is now is not asked
			return err == nil && filepath.IsLocal(rel)
		}
		if !there.Exists && there.Err == nil && slices.ContainsFunc(made, onWay) {
			again = append(again, p)
		}
	}
	slices.Sort(again)
	looked := host.LookAtPaths(look.Wants{Paths: again})
	for _, p := range again {
		now, judged := looked.Paths[p], seen.Paths[p].Real
		if now.Err != nil || !now.Dir || now.Real != judged {
			return &config.Error{Msg: fmt.Sprintf("volumes: %q was exchanged for something else while it was made", p),
				Hint: fmt.Sprintf("see who has changed %q meanwhile", judged), Found: true}
		}
		seen.Paths[p] = now
	}
	return nil
}
