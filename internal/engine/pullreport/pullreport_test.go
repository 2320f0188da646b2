package pullreport

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/docker/pkg/jsonmessage"

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
	err = Show(strings.NewReader(report), streams.Streams{Progress: f})
	if err == nil || !strings.HasPrefix(err.Error(), "no") {
		t.Errorf("the report's error is %v", err)
	}
	out, err := os.ReadFile(f.Name())
	if err != nil || !strings.Contains(string(out), "s") || strings.ContainsAny(string(out), "\x1b\a\u009b\u202e") {
		t.Errorf("%q, %v", out, err)
	}
}

// What an engine says in numbers, or at no end of length, neither ends ctenv nor takes its memory.
func TestPullReportsOfStrangers(t *testing.T) {
	f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, numbers := range []string{`"current":-200,"total":100`, `"current":9223372036854775807,"total":1`, `"current":1,"total":-1`} {
		var m struct{ ProgressDetail jsonmessage.JSONProgress }
		out, err := io.ReadAll(plain(strings.NewReader(`{"id":"a","progressDetail":{` + numbers + `}}`)))
		if err != nil || json.Unmarshal(out, &m) != nil {
			t.Fatalf("%s: %q, %v", numbers, out, err)
		}
		if p := m.ProgressDetail; p.Current < 0 || p.Total < 0 || int(float64(p.Current)/float64(max(p.Total, 1))*100) < 0 {
			t.Errorf("%s is passed on as %d of %d", numbers, p.Current, p.Total)
		}
	}
	long := &endless{}
	if err := Show(io.MultiReader(strings.NewReader(`{"status":"`), io.LimitReader(long, 64<<20)), streams.Streams{Progress: f}); err == nil || long.read > 2*maxMessage {
		t.Errorf("%d bytes of one message were read, %v", long.read, err)
	}
	many := strings.Repeat(`{"status":"pulling"}`, 2*maxMessage/len(`{"status":"pulling"}`))
	if err := Show(strings.NewReader(many), streams.Streams{Progress: f}); err != nil {
		t.Error(err)
	}
}

// endless has letters without an end.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	e.read += len(b)
	return len(b), nil
}
