package decide_test

import (
	"strings"
	"testing"

	"ctenv/internal/config"
	"ctenv/internal/decide"
	"ctenv/internal/expand"
	"ctenv/internal/host"
	"ctenv/internal/look"
	"ctenv/internal/testfiles"
)

// A file that is named a thousand times is read into variables as often: not where that takes
// all time.
func TestFileNamedOften(t *testing.T) {
	for times, want := range map[int]bool{10: true, 900: false} {
		dir := t.TempDir()
		testfiles.Put(t, dir, map[string]string{"vars": strings.Repeat("A=1\n", 20_000)})
		list := "[" + strings.Repeat("'vars',", times) + "]"
		draft, err := expand.Run(resolved(t, dir, "[containers.dev]\nimage = 'debian'\nenv_file = "+list, "dev"), alice(dir), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = decide.Plan(draft, host.Look(draft.Wants()), look.Facts{})
		mistake, ok := err.(*config.Error)
		if want && err != nil || !want && (!ok || mistake.Pos.Line != 3 || !strings.Contains(err.Error(), "together")) {
			t.Errorf("%d times: %v", times, err)
		}
	}
}
