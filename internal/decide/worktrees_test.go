package decide_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"ctenv/internal/decide"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// TestLinkedWorktrees: what stands in the container for a worktree that the host has.
func TestLinkedWorktrees(t *testing.T) {
	const (
		other  = "/w/other/.git"
		frozen = "/repo/.git/worktrees/x ro"
		freeze = "$DIR/.git/worktrees/x on " + frozen
	)
	for name, tt := range map[string]struct {
		toml   string
		file   string // its .git, as the repository has it; /w/other/.git where it is ""
		real   string // the checkout
		place  string // "PATH", "PATH -> LINK" or "PATH ro"
		mounts string
	}{
		"nowhere in the container": {place: other},
		"in the project":           {file: "$DIR/in/.git", real: "$DIR/in", place: "$DIR/in/.git -> /repo/in"},
		"the project":              {file: "$DIR/.git", real: "$DIR", place: "$DIR/.git -> /repo", mounts: "$DIR/.git/worktrees/x/gitdir on /repo/.git/worktrees/x/gitdir ro"},
		"by another spelling":      {file: "/link/in/.git", real: "$DIR/in", place: "/link/in/.git -> /repo/in"},
		"relative":                 {file: "../../../../other/.git", real: "$DIR/../other", place: "/other/.git"},
		"relative, in the project": {file: "../../../in/.git", real: "$DIR/in"},
		"the project at its place": {toml: `project_target = "${project_dir}"`, file: "$DIR/.git", real: "$DIR"},
		"mounted at its place":     {toml: `volumes = ["./w:/w"]`, real: "$DIR/w/other"},
		"only the repository":      {toml: `subpaths = ["./.git"]`, file: "$DIR/in/.git", real: "$DIR/in", place: "$DIR/in/.git"},
		"without the repository":   {toml: `subpaths = ["./w"]`},
		"the repository twice":     {toml: `volumes = ["./.git:/other.git:ro"]`, place: other},
		"in a volume":              {toml: `volumes = ["v1:/w"]`, place: other, mounts: "tmpfs on " + other},
		"behind a directory":       {toml: `volumes = ["./w:/w"]`, real: "/elsewhere/other", place: frozen, mounts: freeze},
		"a read-only root":         {toml: `run_args = ["--read-only"]`, place: other, mounts: "tmpfs on " + other},
		"a read-only root, odd":    {toml: `run_args = ["--read-only"]`, file: "/w/a,b/.git", place: frozen, mounts: freeze},
		"the engine's own mount":   {file: "/dev/shm/x/.git", real: "/dev/shm/x", place: frozen, mounts: freeze},
		"the same, read-only root": {toml: `run_args = ["--read-only"]`, file: "/dev/shm/x/.git", real: "/dev/shm/x", place: frozen, mounts: freeze},
		"a volume there":           {toml: `volumes = ["v1:/dev/x"]`, file: "/dev/x/.git", real: "/dev/x", place: "/dev/x/.git", mounts: "tmpfs on /dev/x/.git"},
		"a name alike":             {file: "/device/x/.git", real: "/device/x", place: "/device/x/.git"},
		"a writable root":          {toml: `run_args = ["--read-only=false"]`, place: other},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			put := strings.NewReplacer("$DIR", dir)
			for _, f := range []string{"w", ".git"} {
				if err := os.Mkdir(filepath.Join(dir, f), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			file, real := tt.file, tt.real
			if file == "" {
				file = other
			}
			if real == "" {
				real = "/w/other"
			}
			w := look.LinkedWorktree{Admin: dir + "/.git/worktrees/x", GitFile: put.Replace(file), Real: filepath.Clean(put.Replace(real))}
			w.AdminSeen.Real, w.NoteSeen.Real = w.Admin, w.Admin+"/gitdir"
			p := planWith(t, dir, tt.toml, w)

			var places []wire.Place
			if tt.place != "" {
				path, link, _ := strings.Cut(put.Replace(tt.place), " -> ")
				path, readOnly := strings.CutSuffix(path, " ro")
				places = []wire.Place{{Path: wire.Text(path), Link: wire.Text(link), ReadOnly: readOnly}}
			}
			if !reflect.DeepEqual(p.Request.Worktrees, places) {
				t.Errorf("got %+v, want %+v", p.Request.Worktrees, places)
			}
			without := planWith(t, dir, tt.toml)
			var mounts []string
			for _, m := range p.Mounts[len(without.Mounts):] {
				text := m.Source + " on " + m.Target
				if m.Type == plan.MountTmpfs {
					text = "tmpfs on " + m.Target
				}
				if m.ReadOnly {
					text += " ro"
				}
				mounts = append(mounts, text)
			}
			if got := strings.Join(mounts, ", "); got != put.Replace(tt.mounts) {
				t.Errorf("mounts %q, want %q", got, put.Replace(tt.mounts))
			}
		})
	}
}

// TestWorktreesOfOnePath: relative paths that lead above the container's root end there, and
// git forgets all but the first worktree of a path.
func TestWorktreesOfOnePath(t *testing.T) {
	dir := t.TempDir()
	worktree := func(id, up, real string) look.LinkedWorktree {
		w := look.LinkedWorktree{Admin: filepath.Join(dir, ".git/worktrees", id), GitFile: up + "fix/.git", Real: real}
		w.AdminSeen.Real, w.NoteSeen.Real = w.Admin, w.Admin+"/gitdir"
		return w
	}
	p := planWith(t, dir, "", worktree("fix", "../../../../", "/home/me/src/fix"), worktree("fix1", "../../../../../", "/home/me/fix"))
	want := []wire.Place{{Path: "/fix/.git"}, {Path: "/repo/.git/worktrees/fix1", ReadOnly: true}}
	if !reflect.DeepEqual(p.Request.Worktrees, want) {
		t.Errorf("got %+v, want %+v", p.Request.Worktrees, want)
	}
	last := p.Mounts[len(p.Mounts)-1]
	if last.Source != dir+"/.git/worktrees/fix1" || last.Target != "/repo/.git/worktrees/fix1" || !last.ReadOnly {
		t.Errorf("got %+v", last)
	}
}

// TestWorktreesAtManyPlaces: a directory that is mounted often, with many worktrees in its
// repository, is not compared for each pair.
func TestWorktreesAtManyPlaces(t *testing.T) {
	dir := t.TempDir()
	var volumes, objects []string
	var worktrees []look.LinkedWorktree
	var borrowed []look.BorrowedObjects
	for i := range 40 {
		volumes = append(volumes, fmt.Sprintf("\"./:/m/%d\"", i))
	}
	for i := range 60 {
		worktrees = append(worktrees, look.LinkedWorktree{Admin: fmt.Sprintf("%s/.git/worktrees/%d", dir, i), GitFile: fmt.Sprintf("/w/%d/.git", i), Real: fmt.Sprintf("/w/%d", i)})
		worktrees[i].AdminSeen.Real = worktrees[i].Admin
		objects = append(objects, fmt.Sprintf("/lent/%d", i))
		borrowed = append(borrowed, look.BorrowedObjects{From: dir + "/.git/objects", Path: objects[i], Real: objects[i]})
	}
	c := resolved(t, dir, "[defaults]\nvolumes = ["+strings.Join(volumes, ", ")+"]\n", "")
	p := planned(t, c, dir, []string{"true"}, func(seen *look.Seen) { seen.Worktrees, seen.Borrowed = worktrees, borrowed })
	warnings := strings.Join(p.Warnings, "\n")
	if got := len(p.Request.Worktrees); got == 0 || got > 1000/41+1 || !strings.Contains(warnings, "more than 1000 places") {
		t.Errorf("%d of 60 worktrees, and %q", got, warnings)
	}
	if got := strings.Count(warnings, "/lent/"); got == 0 || got > 1000/41+1 {
		t.Errorf("%d of 60 lenders", got)
	}
}

// TestWorktreesBesideModules: a project's many submodules take no place from a worktree, which
// git would delete, and none of them is warned of, as git deletes none.
func TestWorktreesBesideModules(t *testing.T) {
	dir := t.TempDir()
	var modules []look.LinkedWorktree
	for i := range 1001 {
		at := fmt.Sprintf("m%d", i)
		modules = append(modules, look.LinkedWorktree{Admin: dir + "/.git/modules/" + at, GitFile: "../../../" + at + "/.git", Real: dir + "/" + at, Module: true})
	}
	const warning = "git worktree prune"
	if said := strings.Join(planWith(t, dir, "", modules...).Warnings, "\n"); strings.Contains(said, warning) {
		t.Errorf("modules alone: %s", said)
	}
	linked := look.LinkedWorktree{Admin: dir + "/.git/worktrees/x", GitFile: "/w/x/.git", Real: "/w/x"}
	p := planWith(t, dir, "", append(modules, linked)...)
	if said := strings.Join(p.Warnings, "\n"); strings.Contains(said, warning) {
		t.Errorf("with a worktree: %s", said)
	}
	if want := []wire.Place{{Path: "/w/x/.git"}}; !reflect.DeepEqual(p.Request.Worktrees, want) {
		t.Errorf("got %+v, want %+v", p.Request.Worktrees, want)
	}
}

// TestMoreWorktrees: where not all was looked at, that is said once.
func TestMoreWorktrees(t *testing.T) {
	dir := t.TempDir()
	c := resolved(t, dir, "[defaults]\n", "")
	p := planned(t, c, dir, []string{"true"}, func(seen *look.Seen) { seen.MoreWorktrees = true })
	if said := strings.Join(p.Warnings, "\n"); strings.Count(said, "not all looked at") != 1 {
		t.Errorf("%q", said)
	}
}

// TestWorktreeOfLater: a container that stays is no other one for a worktree that the host
// has by now, whatever stands for it.
func TestWorktreeOfLater(t *testing.T) {
	dir := t.TempDir()
	shm := look.LinkedWorktree{Admin: dir + "/.git/worktrees/x", GitFile: "/dev/shm/x/.git", Real: "/dev/shm/x"}
	shm.AdminSeen.Real = shm.Admin
	volume := shm
	volume.GitFile = "/w/x/.git"
	sums := map[string]bool{}
	for _, worktrees := range [][]look.LinkedWorktree{nil, {shm}, {volume}} {
		draft := stayDraft(t, "[containers.dev]\nvolumes = [\"v1:/w\"]\n", dir, alice(dir))
		seen := lookAndRead(draft.Wants())
		seen.Worktrees = worktrees
		p, err := decide.Plan(draft, seen, look.Facts{})
		if err != nil {
			t.Fatal(err)
		}
		sums[p.Labels[plan.LabelConfig]] = true
	}
	if len(sums) != 1 {
		t.Errorf("%d configurations, want one", len(sums))
	}
}

// planWith is the plan of a file in dir that holds these defaults, on a host with those
// worktrees.
func planWith(t *testing.T, dir, defaults string, worktrees ...look.LinkedWorktree) plan.Plan {
	t.Helper()
	c := resolved(t, dir, "[defaults]\n"+defaults+"\n", "")
	return planned(t, c, dir, []string{"true"}, func(seen *look.Seen) { seen.Worktrees = worktrees })
}
