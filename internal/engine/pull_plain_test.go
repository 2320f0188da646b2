package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ctenv/internal/streams"
)

// What a registry or an engine says of a pull is shown, and not sent to the terminal.
func TestPullShowsControlCharacters(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "progress"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const evil = `\u001b]0;x\u0007\u009b31m\u202e`
	report := `{"status":"s` + evil + `","id":"i` + evil + `"}{"stream":"` + evil + `\n"}{"status":"p","progressDetail":{"current":1,"total":2,"units":"` + evil + `"}}` +
		`{"from":"` + evil + `","status":"f"}{"errorDetail":{"message":"no` + evil + `"},"error":"no"}`
	err = showPull(strings.NewReader(report), streams.Streams{Progress: f})
	if err == nil || !strings.HasPrefix(err.Error(), "no") {
		t.Errorf("the report's error is %v", err)
	}
	out, err := os.ReadFile(f.Name())
	if err != nil || !strings.Contains(string(out), "s") || strings.ContainsAny(string(out), "\x1b\a\u009b\u202e") {
		t.Errorf("%q, %v", out, err)
	}
}
