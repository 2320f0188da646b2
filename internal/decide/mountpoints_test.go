package decide_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ctenv/internal/decide"
	"ctenv/internal/expand"
	"ctenv/internal/look"
	"ctenv/internal/testfiles"
)

// TestNestedPoints: of mounts in mounts in mounts, each has one mount point to be looked at.
func TestNestedPoints(t *testing.T) {
	dir := t.TempDir()
	var volumes []string
	for i := range 90 {
		volumes = append(volumes, fmt.Sprintf("%q", "./d:/a"+strings.Repeat("/a", i)))
	}
	slices.Reverse(volumes)
	draft, err := expand.Run(resolved(t, dir, "[defaults]\nauto_project_mount = false\nvolumes = ["+strings.Join(volumes, ", ")+"]\n", ""), alice(dir), nil)
	if err != nil {
		t.Fatal(err)
	}
	points := 0
	for _, p := range draft.Wants().Points {
		points += len(p)
	}
	if points != 89 {
		t.Errorf("%d points of %d mounts", points, len(volumes))
	}
}

// TestPointsInOptional: what an optional mount that is not there would have held lies in the
// next one.
func TestPointsInOptional(t *testing.T) {
	for _, tc := range []struct {
		volumes, link string // that leads out
	}{
		{`"./o:/a", "./no:/a/b:optional", "./d:/a/b/c/d"`, "o/b"},
		{`"./p:/a", "./i:/a/b:optional", "./d:/a/b/c/d"`, "i/c"},
		{`"./i:/a/b:optional", "./p:/a", "./no:/a/b:optional", "./d:/a/b/c/d"`, "i/c"},
		{`"./no:/a/b:optional", "./d:/a/b/c/d"`, ""},
		{`"./o:/a", "./i:/a/b:optional", "vol:/a/b/c", "./d:/a/b/c/d"`, ""},
	} {
		dir := t.TempDir()
		testfiles.Put(t, dir, map[string]string{"o/x": "", "i/x": "", "p/b/x": "", "d/x": ""})
		for _, link := range []string{"o/b", "i/c"} {
			if err := os.Symlink("/etc", filepath.Join(dir, link)); err != nil {
				t.Fatal(err)
			}
		}
		toml := "[defaults]\nauto_project_mount = false\nvolumes = [" + tc.volumes + "]\n"
		draft, err := expand.Run(resolved(t, dir, toml, ""), alice(dir), nil)
		if err != nil {
			t.Fatal(err)
		}
		seen := lookAndRead(draft.Wants())
		if tc.link == "" {
			if _, led := seen.Escapes[look.Point{Root: dir + "/o", Target: "/a", Rel: "b/c/d"}]; led {
				t.Errorf("%s: looked for what no mount has", tc.volumes)
			}
			continue
		}
		_, err = decide.Plan(draft, seen, look.Facts{})
		if want := "the symlink " + fmt.Sprintf("%q", filepath.Join(dir, tc.link)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", tc.volumes, err, want)
		}
	}
}

// TestParentsOfMany: the ways to mounts are not compared with each mount.
func TestParentsOfMany(t *testing.T) {
	dir := t.TempDir()
	allocations := func(n int) float64 {
		var volumes []string
		for i := range n {
			volumes = append(volumes, fmt.Sprintf("%q", fmt.Sprintf("./d:/x%d%s", i, strings.Repeat("/a", 90))))
		}
		c := resolved(t, dir, "[defaults]\nauto_project_mount = false\nvolumes = ["+strings.Join(volumes, ", ")+"]\n", "")
		draft, err := expand.Run(c, alice(dir), nil)
		if err != nil {
			t.Fatal(err)
		}
		testfiles.Put(t, dir, map[string]string{"d/x": ""})
		seen := lookAndRead(draft.Wants())
		return testing.AllocsPerRun(1, func() {
			if _, err := decide.Plan(draft, seen, look.Facts{}); err != nil {
				t.Error(err)
			}
		})
	}
	if few, many := allocations(40), allocations(80); many > 3*few {
		t.Errorf("%.0f allocations for 40 mounts, %.0f for 80", few, many)
	}
}

// TestDeepTarget: a place in the container has a depth that is looked at.
func TestDeepTarget(t *testing.T) {
	dir := t.TempDir()
	deep := strings.Repeat("/a", 101)
	for _, key := range []string{"volumes = [\"./d:" + deep + "\"]", "volumes = [\"" + deep + "\"]", "workdir = \"" + deep + "\"", "run_args = [\"--mount=type=tmpfs,target=" + deep + "\"]"} {
		_, err := expand.Run(resolved(t, dir, "[defaults]\n"+key+"\n", ""), alice(dir), nil)
		if err == nil || !strings.Contains(err.Error(), "more than 100 directories deep") {
			t.Errorf("%s: %v", key, err)
		}
		if _, err := expand.Run(resolved(t, dir, "[defaults]\n"+strings.Replace(key, "/a", "", 1)+"\n", ""), alice(dir), nil); err != nil {
			t.Errorf("%s less one: %v", key, err)
		}
	}
}
