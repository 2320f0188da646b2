package template

import (
	"strings"
	"testing"

	"ctenv/internal/shellquote"
)

func testVars() *Vars {
	return &Vars{
		Values: map[string]string{"uid": "1234", "image": "r.io:5000/a/b:v1", "HOME": "/home/alice"},
		Env:    map[string]string{"TOKEN": "s3cret", "E": ""},
	}
}

func TestExpandText(t *testing.T) {
	for _, tt := range []struct {
		in   string
		mode Mode
		want string
		err  string
	}{
		{"a ${uid} b", Strict, "a 1234 b", ""},
		{"${image|slug}", Strict, "r.io-5000-a-b-v1", ""},
		{"${env.TOKEN}${env:TOKEN}", Strict, "s3crets3cret", ""},
		{"${env.E|default:x}", Strict, "", ""}, // set to nothing is set
		{"${env.NONE|default:a b:c}", Strict, "a b:c", ""},
		{"${env.NONE|default:A B|slug}", Strict, "a-b", ""},
		{"$${uid} $$ $uid", Strict, "${uid} $$ $uid", ""},
		{"${env.NONE}", Strict, "", "NONE is not set"},
		{"${nope}", Strict, "", "unknown name in ${nope}"},
		{"${uid|lower}", Strict, "", `unknown filter "lower"`},
		{"${uid", Strict, "", "no closing brace"},
		{"${X:-${uid}} ${#a} ${uid", ShellText, "${X:-1234} ${#a} ${uid", ""},
		{"${env:-x} ${uid:-2}", ShellText, "${env:-x} ${uid:-2}", ""},
		{"${env.NONE}", ShellText, "", "NONE is not set"},
	} {
		got, err := testVars().Text(tt.in, tt.mode)
		if tt.err == "" && (err != nil || got != tt.want) {
			t.Errorf("%q: got %q, %v; want %q", tt.in, got, err, tt.want)
		}
		if tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%q: got %q, %v; want an error with %q", tt.in, got, err, tt.err)
		}
	}
}

func TestShown(t *testing.T) {
	for in, want := range map[string]string{
		"a":                                  "a",
		"${uid} ${env.TOKEN}${HOME}":         "1234 ${env.TOKEN}/home/alice",
		"${env.NONE|default:x}${image|slug}": "${env.NONE|default:x}r.io-5000-a-b-v1",
		"${pid}${uid}":                       "${pid}1234",
		"$${uid} $$${uid}":                   "$${uid} $$${uid}",
		"${X:-${uid}} ${":                    "${X:-1234} ${",
		"${env.A|default:${uid}}":            "${env.A|default:${uid}}",
	} {
		if got := testVars().Shown(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestHiddenValuesAreMarks(t *testing.T) {
	v := testVars()
	v.Hide = true
	got, err := v.Text("x ${env.TOKEN} y", Hideable)
	if err != nil || strings.Contains(got, "s3cret") {
		t.Fatalf("got %q, %v", got, err)
	}
	if q := shellquote.Word(got); q != `'x '"$TOKEN"' y'` {
		t.Errorf("quoted: %s", q)
	}
}

// A mark in a value, as in the image's name, is no text that could be slugged.
func TestSlugsAroundMarks(t *testing.T) {
	token := shellquote.Mark("TOKEN")
	for image, want := range map[string]string{
		"Reg/img:" + token:                     "x-reg-img-" + token,
		token + "/A@" + token:                  "x-" + token + "-a-" + token,
		"ZQmarkqz" + token:                     "x-ZQmarkqz" + token,
		token + "/" + strings.Repeat("a", 200): "x-" + token + "/" + strings.Repeat("a", 200),
	} {
		v := testVars()
		v.Hide, v.Values["image"] = true, image
		got, err := v.Text("x-${image|slug}", Strict)
		if err != nil || got != want || len(v.Unslugged) != 1 {
			t.Errorf("%q: got %q, %v, want %q (%q)", image, got, err, want, v.Unslugged)
		}
	}
	v := testVars()
	v.Unseen = map[string]bool{"image": true}
	for _, m := range []Mode{Strict, ShellText} {
		if got, err := v.Text("${image}", m); err == nil {
			t.Errorf("what is not known is %q", got)
		}
	}
}

func FuzzExpandText(f *testing.F) {
	for _, s := range []string{"${uid}", "${image|slug}", "$${", "${env.X|default:a}", "${a${b}}", "${"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := testVars()
		if _, err := v.Text(s, Strict); err == nil && strings.Contains(s, "${") && !strings.Contains(s, "}") && !strings.Contains(s, "$${") {
			t.Errorf("%q has no closing brace and passed", s)
		}
		if !strings.Contains(s, "${") {
			if got, err := v.Text(s, Strict); err != nil || got != s {
				t.Errorf("%q without a template became %q, %v", s, got, err)
			}
		}
		// What is escaped comes out as it was.
		if got, err := v.Text(strings.ReplaceAll(s, "${", "$${"), Strict); err != nil || got != s {
			t.Errorf("%q escaped became %q, %v", s, got, err)
		}
		// A hidden value is in no text, whatever filters it goes through.
		const secret = "\x01\x02\x03"
		v = &Vars{Values: map[string]string{"uid": "1234"}, Env: map[string]string{"TOKEN": secret}, Hide: true}
		for _, m := range []Mode{Hideable, ShellText} {
			if got, err := v.Text(s, m); err == nil && !strings.ContainsAny(s, secret) && strings.ContainsAny(got, secret) {
				t.Errorf("%q shows the value: %q", s, got)
			}
		}
		// Splitting loses nothing.
		if got := strings.Join(SplitAt(s, ':'), ":"); got != s {
			t.Errorf("splitAt(%q) joins to %q", s, got)
		}
	})
}

// TestShownOfLongImage: a text that names an image a thousand times shows the image's long text
// no more often than a value.
func TestShownOfLongImage(t *testing.T) {
	v := &Vars{Values: map[string]string{"image": "a"}, Written: map[string]string{"image": "a" + strings.Repeat("${env.E|default:}", 10_000)}}
	text := strings.Repeat("${image}", 1000)
	if shown := v.Shown(text); len(shown) > maxExpanded+len(text) {
		t.Errorf("%d bytes", len(shown))
	}
}
