package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ctenv/internal/look"
)

// Many files, each of which may be read, do not fill the memory together.
func TestReadTogether(t *testing.T) {
	var w look.Wants
	for i := range 8 {
		file := filepath.Join(t.TempDir(), fmt.Sprint(i))
		if err := os.WriteFile(file, make([]byte, maxFile-1), 0o600); err != nil {
			t.Fatal(err)
		}
		w.Files = append(w.Files, file)
	}
	seen := look.Seen{Files: map[string]look.File{}}
	Read(look.Wants{Files: w.Files[:3]}, &seen)
	Read(w, &seen)
	for i, f := range w.Files {
		switch got := seen.Files[f]; {
		case i < 4 && (got.Err != nil || len(got.Data) != maxFile-1):
			t.Errorf("file %d: %d bytes, %v", i, len(got.Data), got.Err)
		case i >= 4 && (got.Err == nil || got.Data != nil || !strings.Contains(got.Err.Error(), "together")):
			t.Errorf("file %d: %d bytes, %v; want an error", i, len(got.Data), got.Err)
		}
	}
}
