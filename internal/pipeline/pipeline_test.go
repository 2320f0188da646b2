package pipeline

import (
	"os"
	"path/filepath"
	"testing"

	"ctenv/internal/look"
)

// A file of which cannot be told whose it is, is not read: it could be there, and another's,
// a moment later.
func TestRefuseWhatCannotBeJudged(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("loop", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	refuse := (&Caller{}).loadOptions(look.Host{}).Refuse
	for name, want := range map[string]string{
		"missing": `configuration file "` + dir + `/missing" does not exist`,
		"loop":    `reading "` + dir + `/loop": too many levels of symbolic links`,
	} {
		if err := refuse(filepath.Join(dir, name), nil); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}
