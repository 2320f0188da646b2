package tomltext

import "testing"

func TestHint(t *testing.T) {
	for line, want := range map[string]string{
		"// a comment":         "a comment starts with #",
		`{ "image": "x" }`:     "this is no JSON: write key = value",
		"image: debian":        `write image = "debian"`,
		"containers:":          "a table is written [containers]",
		"image =":              `write a value: image = "…"`,
		"sudo = Yes":           "write sudo = true",
		"sudo = OFF":           "write sudo = false",
		`image = "C:\dir"`:     `in "…" a backslash starts an escape: write it twice, or use '…'`,
		`image = "\u00g0"`:     `in "…" a backslash starts an escape: write it twice, or use '…'`,
		`image = "x`:           `close the string: image = "x"`,
		`env = ["A" "B"`:       "close the array with ], and put a comma between its items",
		`env = ["A=a`:          `close the string on its line: a line end in one is written \n`,
		`env = ["A=a", "B=b]`:  `close the string on its line: a line end in one is written \n`,
		"env = [A, B]":         "the items of an array stand in quotes, with commas between them",
		"labels = { a = 1, }":  "an inline table is { key = value, key = value }, on one line, without a comma at its end",
		"image = debian:12 # ": `put it in quotes: image = "debian:12"`,
		`image = "a\tb" x`:     "",
	} {
		if got := Hint(line); got != want {
			t.Errorf("%s: %q, not %q", line, got, want)
		}
	}
}
