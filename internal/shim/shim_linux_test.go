package shim

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// TestPutLinksExchanged: a container that exchanges the project's directory of links for a
// link to one of the caller's, while they are made, gets none into that.
func TestPutLinksExchanged(t *testing.T) {
	top := t.TempDir()
	project, own := filepath.Join(top, "p"), filepath.Join(top, "own")
	dir := filepath.Join(project, ".ctenv")
	for _, d := range []string{filepath.Join(dir, "bin"), filepath.Join(own, "bin")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(own, filepath.Join(project, "link")); err != nil {
		t.Fatal(err)
	}
	var others sync.WaitGroup
	stop := make(chan struct{})
	others.Go(func() {
		away := filepath.Join(project, "away")
		for {
			select {
			case <-stop:
				return
			default:
			}
			_ = os.Rename(dir, away)
			_ = os.Rename(filepath.Join(project, "link"), dir)
			_ = os.Rename(dir, filepath.Join(project, "link"))
			_ = os.Rename(away, dir)
		}
	})
	made := 0
	for range 2000 {
		if Make(project, filepath.Join(dir, "bin"), "", []string{"make"}) == nil {
			made++
		}
	}
	close(stop)
	others.Wait()
	if found, _ := os.ReadDir(filepath.Join(own, "bin")); len(found) > 0 {
		t.Errorf("a link was made in %s", found)
	}
	if made == 0 {
		t.Error("none was made at all")
	}
}

// TestLine: what a link says beside the container's name is nothing to ctenv.
func TestLine(t *testing.T) {
	dir := t.TempDir()
	for mark, want := range map[string][]string{
		".ctenv-shim":          {"exec", "--", "make", "x"},
		".ctenv-shim@dev":      {"exec", "dev", "--", "make", "x"},
		".ctenv-shim@--trust":  nil,
		".ctenv-shim@%2Dtrust": nil,
		".ctenv-shimx":         nil,
		"ctenv":                nil,
	} {
		link := filepath.Join(dir, "make")
		_ = os.Remove(link)
		if err := os.Symlink(mark, link); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := Line(link, []string{"x"}); err != nil || ok != (want != nil) || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", mark, got, ok)
		}
	}
}

// TestApart: a program that ctenv itself starts is found elsewhere, and is no link.
func TestApart(t *testing.T) {
	odd := filepath.Join(t.TempDir(), "[a]*")
	if err := Make("", odd, "", []string{"git"}); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", odd+":/usr/bin:/bin")
	t.Setenv(own, "")
	link := filepath.Join(odd, "git")
	if _, ok, err := Line(link, nil); !ok || err != nil {
		t.Fatal(ok, err)
	}
	Apart()
	if got := os.Getenv("PATH"); got != "/usr/bin:/bin:"+odd {
		t.Errorf("PATH is %q", got)
	}
	if _, ok, err := Line(link, nil); ok || !errors.Is(err, ErrOwn) {
		t.Error(ok, err)
	}
	if _, ok, err := Line("/usr/bin/git", nil); ok || err != nil {
		t.Error(ok, err)
	}
}
