package mounts

import (
	"strings"
	"testing"
)

func TestAnonymousVolume(t *testing.T) {
	id := strings.Repeat("0a", 32)
	for root, want := range map[string]bool{
		"/var/lib/docker/volumes/" + id + "/_data":   true,
		"/" + id + "/_data":                          true, // the volumes have a file system of their own
		"/var/lib/docker/volumes/cache/_data":        false,
		"/var/lib/docker/volumes/" + id:              false,
		"/home/me/" + id[1:] + "/_data":              false,
		"/_data":                                     false,
		"/home/me/" + strings.ToUpper(id) + "/_data": false,
	} {
		if anonymousVolume(root) != want {
			t.Errorf("%s: got %v", root, !want)
		}
	}
}
