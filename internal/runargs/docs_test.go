package runargs

import (
	"flag"
	"os"
	"testing"
)

//go:generate go test -run TestDocs -update .

var update = flag.Bool("update", false, "write docs/run-args.md anew")

// TestDocs keeps docs/run-args.md the same as the table.
func TestDocs(t *testing.T) {
	const path = "../../docs/run-args.md"
	want := Markdown()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run go generate ./internal/runargs", path)
	}
}
