package plan

import (
	"regexp"
	"strings"
	"testing"

	"github.com/distribution/reference"
)

func TestSlug(t *testing.T) {
	for in, want := range map[string]string{
		"docker.office.internal:5000/builder/mainline:rocky8-v5": "docker.office.internal-5000-builder-mainline-rocky8-v5",
		"/home/alice/My Project":                                 "home-alice-my-project",
		"a//b":                                                   "a-b",
		"":                                                       "x",
		"日本":                                                     "x",
		"__.x":                                                   "x",
		"a-":                                                     "a",
	} {
		if got := Slug(in); got != want {
			t.Errorf("Slug(%q) = %q, want %q", in, got, want)
		}
	}
	long := strings.Repeat("/folder", 60)
	if a, b := Slug(long+"/a"), Slug("/other"+long+"/a"); a == b || len(a) > maxSlug {
		t.Errorf("long paths: %q and %q", a, b)
	}
}

func TestImageSlug(t *testing.T) {
	for in, want := range map[string]string{
		"/home/alice/.config/app": "home-alice-config-app",
		"a..b":                    "a-b",
		"a_.b__c___d":             "a-b-c-d",
		"a.b_c-d":                 "a.b_c-d",
		"a._":                     "a",
		"/tmp/x_":                 "tmp-x",
		"":                        "x",
	} {
		if got := imageSlug(in); got != want {
			t.Errorf("imageSlug(%q) = %q, want %q", in, got, want)
		}
	}
	long := strings.Repeat("/folder", 60)
	if a, b := imageSlug(long+"/a"), imageSlug("/other"+long+"/a"); a == b {
		t.Errorf("long paths: %q and %q", a, b)
	}
}

func FuzzImageSlug(f *testing.F) {
	f.Add("/home/José/.x_/..")
	f.Add(strings.Repeat("_é", 300))
	f.Fuzz(func(t *testing.T, s string) {
		tag := "ctenv-" + imageSlug(s) + "-" + imageSlug(s) + ":latest"
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
		got := Slug(s)
		if !legal.MatchString(got) || len(got) > maxSlug {
			t.Errorf("Slug(%q) = %q", s, got)
		}
		if again := Slug(got); again != got {
			t.Errorf("Slug(%q) = %q, and of that %q", s, got, again)
		}
	})
}
