package host

import "testing"

func TestConfigValue(t *testing.T) {
	for text, want := range map[string]string{
		"[core]\n\tworktree = ../../sub\n":                              "../../sub",
		"[CORE]\r\n  WorkTree=/a b/c \r\n":                              "/a b/c",
		"[core] worktree = /a ; why\n":                                  "/a",
		"[core]\nworktree = \"/a;b #c \" # why\n":                       "/a;b #c ",
		`[core]` + "\n" + `worktree = "/a\"b\\c"`:                       `/a"b\c`,
		"[core]\nworktree = /a\nworktree = /b\n":                        "/b",
		"[core]\nworktree = /a\\\n/b\n":                                 "/a/b",
		"[core \"x\"]\nworktree = /a\n[cores]\nworktree = /b\n":         "",
		"[other]\nworktree = /a\n":                                      "",
		"[core]\n# worktree = /a\n;worktree = /b\nworktrees = /c\n":     "",
		"[core]\nbare = false\n[remote \"o\"]\n[core]\nworktree = ../x": "../x",
		"[core": "",
	} {
		got, found := configValue(text, "core", "worktree")
		if got != want || found != (want != "") {
			t.Errorf("%q: got %q, %v; want %q", text, got, found, want)
		}
	}
}
