package expand

import (
	"testing"

	"ctenv/internal/shellquote"
)

func TestImageTag(t *testing.T) {
	mark := shellquote.Mark("TOKEN")
	for in, want := range map[string]string{
		"debian": "latest", "debian:12": "12", "r:5000/a": "latest", "r:5000/a:t": "t", "a@sha256:00": "latest", "a:t@sha256:00": "t",
		"a:" + mark: mark, mark + "/a": "latest", mark + ":t": "t", "a@" + mark: "latest", mark: "", "a/b" + mark: "",
	} {
		if got, known := imageTag(in); known != (want != "") || known && got != want {
			t.Errorf("imageTag(%q) = %q, %v, want %q", in, got, known, want)
		}
	}
}
