package plan

import (
	"strings"
	"testing"
)

func testVars() *vars {
	return &vars{
		values: map[string]string{"uid": "1234", "image": "r.io:5000/a/b:v1", "HOME": "/home/alice"},
		env:    map[string]string{"TOKEN": "s3cret", "E": ""},
	}
}

func TestExpandText(t *testing.T) {
	for _, tt := range []struct {
		in   string
		mode mode
		want string
		err  string
	}{
		{"a ${uid} b", strict, "a 1234 b", ""},
		{"${image|slug}", strict, "r.io-5000-a-b-v1", ""},
		{"${env.TOKEN}${env:TOKEN}", strict, "s3crets3cret", ""},
		{"${env.E|default:x}", strict, "", ""}, // set to nothing is set
		{"${env.NONE|default:a b:c}", strict, "a b:c", ""},
		{"${env.NONE|default:A B|slug}", strict, "a-b", ""},
		{"$${uid} $$ $uid", strict, "${uid} $$ $uid", ""},
		{"${env.NONE}", strict, "", "NONE is not set"},
		{"${nope}", strict, "", "unknown name in ${nope}"},
		{"${uid|lower}", strict, "", `unknown filter "lower"`},
		{"${uid", strict, "", "no closing brace"},
		{"${X:-${uid}} ${#a} ${uid", shellText, "${X:-1234} ${#a} ${uid", ""},
		{"${env:-x} ${uid:-2}", shellText, "${env:-x} ${uid:-2}", ""},
		{"${env.NONE}", shellText, "", "NONE is not set"},
	} {
		got, err := testVars().expandText(tt.in, tt.mode)
		if tt.err == "" && (err != nil || got != tt.want) {
			t.Errorf("%q: got %q, %v; want %q", tt.in, got, err, tt.want)
		}
		if tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%q: got %q, %v; want an error with %q", tt.in, got, err, tt.err)
		}
	}
}

func TestHiddenValuesAreMarks(t *testing.T) {
	v := testVars()
	v.hide = true
	got, err := v.expandText("x ${env.TOKEN} y", hideable)
	if err != nil || strings.Contains(got, "s3cret") {
		t.Fatalf("got %q, %v", got, err)
	}
	if q := shellQuote(got); q != `'x '"$TOKEN"' y'` {
		t.Errorf("quoted: %s", q)
	}
}

func TestImageTag(t *testing.T) {
	for in, want := range map[string]string{
		"debian": "latest", "debian:12": "12", "r:5000/a": "latest", "r:5000/a:t": "t", "a@sha256:00": "latest", "a:t@sha256:00": "t",
	} {
		if got := imageTag(in); got != want {
			t.Errorf("imageTag(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzExpandText(f *testing.F) {
	for _, s := range []string{"${uid}", "${image|slug}", "$${", "${env.X|default:a}", "${a${b}}", "${"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := testVars()
		if _, err := v.expandText(s, strict); err == nil && strings.Contains(s, "${") && !strings.Contains(s, "}") && !strings.Contains(s, "$${") {
			t.Errorf("%q has no closing brace and passed", s)
		}
		if !strings.Contains(s, "${") {
			if got, err := v.expandText(s, strict); err != nil || got != s {
				t.Errorf("%q without a template became %q, %v", s, got, err)
			}
		}
		// What is escaped comes out as it was.
		if got, err := v.expandText(strings.ReplaceAll(s, "${", "$${"), strict); err != nil || got != s {
			t.Errorf("%q escaped became %q, %v", s, got, err)
		}
		// A hidden value is in no text, whatever filters it goes through.
		const secret = "\x01\x02\x03"
		v = &vars{values: map[string]string{"uid": "1234"}, env: map[string]string{"TOKEN": secret}, hide: true}
		for _, m := range []mode{hideable, shellText} {
			if got, err := v.expandText(s, m); err == nil && !strings.ContainsAny(s, secret) && strings.ContainsAny(got, secret) {
				t.Errorf("%q shows the value: %q", s, got)
			}
		}
		// Splitting loses nothing.
		if got := strings.Join(splitAt(s, ':'), ":"); got != s {
			t.Errorf("splitAt(%q) joins to %q", s, got)
		}
	})
}
