package mounts

import (
	"strings"
	"testing"
)

func TestAnonymousVolume(t *testing.T) {
	id := strings.Repeat("0a", 32)
	line := func(root string) string {
		return "812 700 8:1 " + root + ` /home/a\040b rw,relatime - ext4 /dev/sda1 rw`
	}
	for root, want := range map[string]bool{
		"/var/lib/docker/volumes/" + id + "/_data":   true,
		"/" + id + "/_data":                          true, // the volumes have a file system of their own
		"/var/lib/docker/volumes/cache/_data":        false,
		"/var/lib/docker/volumes/" + id:              false,
		"/home/me/" + id[1:] + "/_data":              false,
		"/_data":                                     false,
		"/home/me/" + strings.ToUpper(id) + "/_data": false,
	} {
		mount, point, ok := anonymousVolume(line(root))
		if ok != want || ok && (mount != 812 || point != "/home/a b") {
			t.Errorf("%s: got %d, %q, %v", root, mount, point, ok)
		}
	}
	if _, _, ok := anonymousVolume("812 700"); ok {
		t.Error("half a line is no mount")
	}
}
