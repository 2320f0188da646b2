package slug

import (
	"regexp"
	"strings"
	"testing"

	"github.com/distribution/reference"
)

func TestOf(t *testing.T) {
	for in, want := range map[string]string{
		"docker.office.internal:5000/builder/mainline:rocky8-v5": "docker.office.internal-5000-builder-mainline-rocky8-v5",
		"/home/alice/My Project":                                 "home-alice-my-project",
		"a//b":                                                   "a-b",
		"":                                                       "x",
		"日本":                                                     "x",
		"__.x":                                                   "x",
		"a-":                                                     "a",
	} {
		if got := Of(in); got != want {
			t.Errorf("Of(%q) = %q, want %q", in, got, want)
		}
	}
	long := strings.Repeat("/directory", 60)
	if a, b := Of(long+"/a"), Of("/other"+long+"/a"); a == b || len(a) > maxSlug {
		t.Errorf("long paths: %q and %q", a, b)
	}
}

func TestOfImage(t *testing.T) {
	for in, want := range map[string]string{
		"/home/alice/.config/app": "home-alice-config-app",
		"a..b":                    "a-b",
		"a_.b__c___d":             "a-b-c-d",
		"a.b_c-d":                 "a.b_c-d",
		"a._":                     "a",
		"/tmp/x_":                 "tmp-x",
		"":                        "x",
	} {
		if got := OfImage(in); got != want {
			t.Errorf("OfImage(%q) = %q, want %q", in, got, want)
		}
	}
	long := strings.Repeat("/directory", 60)
	if a, b := OfImage(long+"/a"), OfImage("/other"+long+"/a"); a == b {
		t.Errorf("long paths: %q and %q", a, b)
	}
}

func FuzzImageSlug(f *testing.F) {
	f.Add("/home/José/.x_/..")
	f.Add(strings.Repeat("_é", 300))
	f.Fuzz(func(t *testing.T, s string) {
		tag := "ctenv-" + OfImage(s) + "-" + OfImage(s) + ":latest"
		if _, err := reference.ParseNormalizedNamed(tag); err != nil {
			t.Errorf("%q: %q: %v", s, tag, err)
		}
	})
}

func FuzzSlug(f *testing.F) {
	legal := regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]*$`)
	f.Add("/home/José/a b")
	f.Add(strings.Repeat("é", 300))
	f.Fuzz(func(t *testing.T, s string) {
		got := Of(s)
		if !legal.MatchString(got) || len(got) > maxSlug {
			t.Errorf("Of(%q) = %q", s, got)
		}
		if again := Of(got); again != got {
			t.Errorf("Of(%q) = %q, and of that %q", s, got, again)
		}
	})
}
