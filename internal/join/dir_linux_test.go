package join

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestDialDead: the socket of a container that has ended goes, with the name that led to it,
// and one that has taken the name meanwhile stays.
func TestDialDead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	d, err := OpenDir(path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	left := func() (names []string) {
		entries, err := os.ReadDir(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	listen := func(name string) *os.File {
		l, err := d.Listen(name)
		if err == nil {
			err = d.Alias(name, "alias")
		}
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	listen("old").Close()
	before := d.target("alias")
	defer listen("new").Close()
	d.removeDead("alias", before)
	if _, err := d.Dial("alias"); err != nil || len(left()) != 2 {
		t.Errorf("%v; left %q", err, left())
	}

	d.Remove("new")
	listen("newer").Close()
	if _, err := d.Dial("alias"); !errors.Is(err, fs.ErrNotExist) || len(left()) != 0 {
		t.Errorf("%v; left %q", err, left())
	}
}
