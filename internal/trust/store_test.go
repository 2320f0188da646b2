package trust

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ctenv/internal/grants"
)

const repository = "/home/alice/app/.git"

func some(values ...string) []grants.Grant {
	var out []grants.Grant
	for _, v := range values {
		out = append(out, grants.Grant{Kind: "variable", Value: v})
	}
	return out
}

func TestRemembered(t *testing.T) {
	s := store{Dir: filepath.Join(t.TempDir(), "state", "ctenv"), UID: os.Getuid()}
	r, err := s.load(repository)
	if err != nil || len(r.fresh(some("A", "B"))) != 2 {
		t.Fatal(r, err)
	}
	if err := s.save(r.with(some("A"))); err != nil {
		t.Fatal(err)
	}
	r, err = s.load(repository)
	if err != nil {
		t.Fatal(err)
	}
	if fresh := r.fresh(some("A", "B")); len(fresh) != 1 || fresh[0].Value != "B" {
		t.Errorf("new are %v", fresh)
	}
	if other, err := s.load("/home/alice/other"); len(other.Grants) > 0 || err != nil {
		t.Error("another repository has it too", other, err)
	}
	if list, wrong := s.list(); len(list) != 1 || len(wrong) > 0 || list[0].Repository != repository {
		t.Error(list, wrong)
	}
	info, _ := os.Stat(s.Dir)
	file, _ := os.Stat(s.path(repository))
	if info.Mode().Perm() != 0o700 || file.Mode().Perm() != 0o600 {
		t.Errorf("modes %v %v", info.Mode(), file.Mode())
	}
	for _, want := range []bool{true, false} {
		if was, err := s.revoke(repository); was != want || err != nil {
			t.Error(was, err)
		}
	}
	if r, err = s.load(repository); len(r.Grants) > 0 || err != nil {
		t.Error(r, err)
	}
}

// TestNotBelieved: what others could have written, or is damaged, allows nothing.
func TestNotBelieved(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(t *testing.T, s store, path string)
		want   string
	}{
		"writable":                             {func(t *testing.T, _ store, p string) { must(t, os.Chmod(p, 0o620)) }, "others may write"},
		"a directory that others may write to": {func(t *testing.T, s store, _ string) { must(t, os.Chmod(s.Dir, 0o730)) }, "others may write"},
		"a link":                               {func(t *testing.T, _ store, p string) { must(t, os.Rename(p, p+"x")); must(t, os.Symlink(p+"x", p)) }, "symbolic links"},
		"a pipe":                               {func(t *testing.T, _ store, p string) { must(t, os.Remove(p)); must(t, syscall.Mkfifo(p, 0o600)) }, "not a regular file"},
		"cut off":                              {func(t *testing.T, _ store, p string) { must(t, os.Truncate(p, 20)) }, "damaged"},
		"empty":                                {func(t *testing.T, _ store, p string) { must(t, os.Truncate(p, 0)) }, "damaged"},
		"too large":                            {func(t *testing.T, _ store, p string) { must(t, os.Truncate(p, maxSize+1)) }, "larger than 1 MiB"},
		"two":                                  {func(t *testing.T, _ store, p string) { replace(t, p, "\n}\n", "\n}\n{}") }, "something follows"},
		"another's":                            {func(t *testing.T, _ store, p string) { replace(t, p, repository, "/x") }, `it is about "/x"`},
		"another uid":                          {func(t *testing.T, _ store, p string) { replace(t, p, `"UID": `, `"UID": 1`) }, "it is user 1"},
		"of tomorrow":                          {func(t *testing.T, _ store, p string) { replace(t, p, `"Version": 1`, `"Version": 2`) }, "version 2"},
		"a key more":                           {func(t *testing.T, _ store, p string) { replace(t, p, `"Version"`, `"X": 1, "Version"`) }, "unknown field"},
		"foreign": {func(t *testing.T, _ store, p string) {
			if os.Getuid() != 0 {
				t.Skip("only root can give a file to another user")
			}
			must(t, os.Chown(p, 4711, 0))
		}, "belongs to another user, uid 4711"},
	} {
		t.Run(name, func(t *testing.T) {
			s := store{Dir: filepath.Join(t.TempDir(), "ctenv"), UID: os.Getuid()}
			must(t, s.save(Record{Repository: repository}.with(some("A"))))
			tt.change(t, s, s.path(repository))
			r, err := s.load(repository)
			if err == nil || !strings.Contains(err.Error(), tt.want) || len(r.Grants) > 0 {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func replace(t *testing.T, path, old, with string) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, []byte(strings.Replace(string(data), old, with, 1)), 0o600))
}

func TestFingerprint(t *testing.T) {
	a := fingerprint(some("A", "B"))
	if a != fingerprint(some("B", "A", "A")) || a == fingerprint(some("A")) || len(a) != 32 {
		t.Error(a)
	}
	if fingerprint([]grants.Grant{{Kind: "a", Value: "b c"}}) == fingerprint([]grants.Grant{{Kind: "a", Value: "b"}, {Kind: "c", Value: ""}}) {
		t.Error("two sets look alike")
	}
}
