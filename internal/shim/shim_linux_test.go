package shim

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

// TestIgnored: git ignores the project's links, unless its owner says something else.
func TestIgnored(t *testing.T) {
	project := t.TempDir()
	dir := filepath.Join(project, Dir)
	file := filepath.Join(dir, ".gitignore")
	for _, want := range []string{"*\n", "!make\n"} {
		if err := Make(project, dir, "", []string{"make"}); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); string(got) != want {
			t.Errorf("%q, %v", got, err)
		}
		if err := os.WriteFile(file, []byte("!make\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := t.TempDir()
	if err := Make("", elsewhere, "", []string{"make"}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(elsewhere, ".gitignore")); err == nil {
		t.Error("a directory that is named is its owner's")
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

// TestApart: a project's own directory of links comes last, where a container may have put
// anything; another one that the caller has chosen keeps its place.
func TestApart(t *testing.T) {
	t.Setenv(own, "")
	t.Setenv("PATH", "/p/.ctenv/bin:/home/me/links:/q/.ctenv/bin/:/usr/bin")
	if Apart(); os.Getenv("PATH") != "/home/me/links:/usr/bin:/p/.ctenv/bin:/q/.ctenv/bin/" || os.Getenv(own) != "1" {
		t.Errorf("PATH is %q", os.Getenv("PATH"))
	}
}

// TestMeant: what ctenv itself starts is the program that comes next, also one beside links.
func TestMeant(t *testing.T) {
	links, beside, far := t.TempDir(), t.TempDir(), t.TempDir()
	if err := errors.Join(Make("", links, "", []string{"git"}), Make("", beside, "", []string{"make"})); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(far, "git")); err != nil { // another way to ctenv
		t.Fatal(err)
	}
	own := filepath.Join(beside, "git")
	if err := os.WriteFile(own, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		links + "::.:" + far + ":" + beside + ":/usr/bin": own,
		beside + ":" + links:                              own,
		links + ":" + far:                                 "",
		"":                                                "",
	} {
		t.Setenv("PATH", path)
		if got, err := meant("git"); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
}

// TestLineOfLoop: a program that calls the link again is not started for ever.
func TestLineOfLoop(t *testing.T) {
	links, wrapper := t.TempDir(), t.TempDir()
	if err := errors.Join(Make("", links, "", []string{"git"}), os.WriteFile(filepath.Join(wrapper, "git"), nil, 0o755)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", wrapper+":"+links)
	t.Setenv(own, "21") // as it is after as many rounds
	if _, ok, err := Line(filepath.Join(links, "git"), nil); ok || err == nil || !strings.Contains(err.Error(), "leads back there") {
		t.Error(ok, err)
	}
}
