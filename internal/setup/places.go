//go:build linux

package setup

import (
	"fmt"
	"path"

	"ctenv/internal/mounts"
	"ctenv/internal/place"
	"ctenv/internal/wire"
)

// home never ends the run: a command may well do without one, and a read-only
// container has to.
func (in *Init) home() (string, error) {
	did, err := place.Home(in.root, in.req.User)
	if err == nil {
		err = place.Give(in.root, in.req.User, in.req.Parents, in.req.Mounts, in.imageVolumes)
	}
	if err != nil {
		in.msg.Warn("the home stays as it is: %v", err)
		return "", nil
	}
	return did, nil
}

// worktrees makes what stands for the linked worktrees of git that are not in the
// container, so that `git worktree prune` does not take them for removed. It makes them
// in the container's own file system only. One that cannot be made ends no run. Where a
// mount is what keeps a worktree, the container may be older than that.
func (in *Init) worktrees() (string, error) {
	made, links := 0, place.Links{}
	for _, w := range in.req.Worktrees {
		if w.ReadOnly {
			if mounts.Writable(string(w.Path), in.req.User) {
				in.msg.Warn("%q is not read-only here; `git worktree prune` would forget that worktree%s", w.Path, in.req.WorktreeHint)
			}
			continue
		}
		here, err := place.Worktree(in.root, w, in.req.User, links)
		if err != nil {
			in.msg.Warn("the git worktree at %q is not here: %v; `git worktree prune` would forget it%s", path.Dir(string(w.Path)), err, in.req.WorktreeHint)
			continue
		}
		if here {
			made++
		}
	}
	if made == 0 {
		return "", nil
	}
	return fmt.Sprintf("%d on the host have a place here", made), nil
}

func (in *Init) workdir() (string, error) {
	dir := string(in.req.Workdir)
	var volumes []uint64
	if in.req.Mode != wire.ModeJoin { // there they are the user's already
		volumes = in.flagged()
	}
	enter := func() error { return place.Enter(in.root, dir, in.req.User, volumes, in.req.WorkdirHint) }
	if err := withUmask(in.umask&^0o700, enter); err != nil { // it has to be entered
		return "", err
	}
	in.env = in.env.With("PWD", dir)
	return fmt.Sprintf("entered %q", dir), nil
}
