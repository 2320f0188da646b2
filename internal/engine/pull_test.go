package engine

import (
	"errors"
	"strings"
	"testing"
)

func TestPullHint(t *testing.T) {
	for text, want := range map[string]string{
		"pull access denied for x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied":                                       "check the name; a private image needs `docker login reg`",
		`Head "http://reg/v2/box/manifests/latest": no basic auth credentials`:                                                                                                        "the registry wants a user and a password",
		"failed to resolve reference \"reg/box:latest\": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials": "the registry wants a user and a password",
		"unauthorized: authentication required":                           "the registry wants a user and a password",
		"manifest for x:y not found: manifest unknown: manifest unknown":  "check the name, the tag",
		"no matching manifest for linux/arm/v5 in the manifest list":      "check the name, the tag and the platform",
		`Get "https://reg/v2/": dial tcp: lookup reg: no such host`:       "does the engine reach the registry reg?",
		`Get "https://reg/v2/": http: server gave HTTP response to HTTPS`: "a registry without TLS",
	} {
		if got := pullHint(errors.New(text), "reg"); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
