package expand

import "testing"

func TestImageTag(t *testing.T) {
	for in, want := range map[string]string{
		"debian": "latest", "debian:12": "12", "r:5000/a": "latest", "r:5000/a:t": "t", "a@sha256:00": "latest", "a:t@sha256:00": "t",
	} {
		if got := imageTag(in); got != want {
			t.Errorf("imageTag(%q) = %q, want %q", in, got, want)
		}
	}
}
