package process

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/mountpoint"
	"ctenv/internal/plan"
)

// find lists what is below dir.
func find(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(p string, _ fs.DirEntry, err error) error {
		if p != "." {
			all = append(all, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func isDir(p string) bool {
	info, err := os.Stat(p)
	return err == nil && info.IsDir()
}

// TestUnmakeKeepsWhatOthersHave: the kernel lets a directory go that is a mount point in
// another container, and the mount with it.
func TestUnmakeKeepsWhatOthersHave(t *testing.T) {
	const list, look = "GET /containers/json", "GET /containers/other/json"
	for name, c := range map[string]struct {
		others  string                         // the engine's list; %s is the directory that d was made in
		answers map[string][]fakeengine.Answer // other than to list
		kept    bool
	}{
		"nobody":            {others: `[]`},
		"its directory":     {others: `[{"Id": "other", "Mounts": [{"Type": "bind", "Source": "%s"}]}]`, kept: true},
		"a directory above": {others: `[{"Id": "other", "Mounts": [{"Type": "bind", "Source": "%s/.."}]}]`, kept: true},
		"what was made":     {others: `[{"Id": "other", "Mounts": [{"Type": "bind", "Source": "%s/d"}]}]`, kept: true},
		"by another name":   {others: `[{"Id": "other", "Mounts": [{"Type": "bind", "Source": "%s/../link"}]}]`, kept: true},
		"beside it":         {others: `[{"Id": "other", "Mounts": [{"Type": "bind", "Source": "%s/x"}, {"Type": "volume", "Source": "/", "Name": "v"}]}]`},
		"one that goes":     {others: `[{"Id": "other", "State": "removing", "Mounts": [{"Type": "bind", "Source": "%s"}]}]`},
		"of the project":    {others: `[{"Id": "other", "Labels": {"se.osd.ctenv.project_dir": "%s"}, "Mounts": [{"Type": "bind", "Source": "/host_mnt/x"}]}]`, kept: true},
		"no mounts in the list": {
			others:  `[{"Id": "other"}]`,
			answers: map[string][]fakeengine.Answer{look: {{Status: 200, Body: `{"State": {}, "Config": {}, "HostConfig": {}, "Mounts": [{"Type": "bind", "Source": "%s"}]}`}}}, kept: true,
		},
		"gone meanwhile": {
			others:  `[{"Id": "other"}]`,
			answers: map[string][]fakeengine.Answer{look: {{Status: 404, Body: `{"message": "No such container"}`}}},
		},
		"an engine that does not say": {
			others:  `[{"Id": "other"}]`,
			answers: map[string][]fakeengine.Answer{look: {{Status: 500, Body: `{"message": "no"}`}}}, kept: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("DOCKER_CONFIG", t.TempDir())
			dir := t.TempDir()
			root := filepath.Join(dir, "root")
			if err := os.Mkdir(root, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("root", filepath.Join(dir, "link")); err != nil {
				t.Fatal(err)
			}
			made, err := mountpoint.Make([]plan.HostPath{{Root: root, Rel: "d"}})
			if err != nil {
				t.Fatal(err)
			}
			r := &Box{made: made}
			answers := map[string][]fakeengine.Answer{list: {{Status: 200, Body: strings.ReplaceAll(c.others, "%s", root)}}}
			for call, all := range c.answers {
				answers[call] = []fakeengine.Answer{{Status: all[0].Status, Body: strings.ReplaceAll(all[0].Body, "%s", root)}}
			}
			e := connect(t, fakeengine.New(answers))
			r.e = e
			r.unmake(context.Background())
			if got, want := isDir(filepath.Join(root, "d")), c.kept; got != want {
				t.Errorf("it is left: %v, want %v", got, want)
			}
		})
	}
}
