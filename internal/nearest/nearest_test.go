package nearest

import "testing"

func TestOf(t *testing.T) {
	known := []string{"image", "command", "project_dir", "project_target", "post_start_commands", "tty", "env", "env_file", "uid", "gid"}
	tests := []struct{ word, want string }{
		{"imgae", "image"}, // two neighbours swapped
		{"imag", "image"},
		{"Image", "image"},
		{"commands", "command"},
		{"post-start-command", "post_start_commands"},
		{"project_targt", "project_target"},
		{"envfile", "env_file"},
		{"tyt", "tty"},
		{"id", "uid"}, // as near as gid, which comes later
		{"xyz", ""},
		{"volume", ""},
		{"t", ""},
		{"", ""},
	}
	for _, tt := range tests {
		if got := Of(tt.word, known); got != tt.want {
			t.Errorf("Of(%q) = %q, want %q", tt.word, got, tt.want)
		}
	}
	if got := Of("a", []string{"b", ""}); got != "" {
		t.Errorf("a one-letter word is near %q, though nothing of it is left", got)
	}
}

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "abc", 3},
		{"abc", "", 3},
		{"abc", "abc", 0},
		{"abc", "acb", 1},
		{"kitten", "sitting", 3},
	}
	for _, tt := range tests {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
