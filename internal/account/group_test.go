package account

import (
	"fmt"
	"testing"

	"ctenv/internal/wire"
)

func TestWithMemberships(t *testing.T) {
	u := wire.User{Name: "bob", UID: 1, GID: 100, Groups: []wire.Group{{Name: "video", GID: 44}}}
	for data, want := range map[string]string{
		"":                                   "[{video 44}]",
		"a:x:5:bob\n":                        "[{video 44} {a 5}]",
		"a:x:5:al,bob":                       "[{video 44} {a 5}]",
		"a:x:5:bobby,xbob, bob\nb:x:6:\nbob": "[{video 44}]",
		"staff:x:100:bob\nv:x:44:bob\n":      "[{video 44}]",
		"a:x:5:bob\nb:x:5:bob\n":             "[{video 44} {a 5}]",
		"a:x:-1:bob\nb:x:4294967295:bob\nc:x:99999999999:bob\nd:x::bob\n": "[{video 44}]",
		"+a:x:5:bob\n-:x:6:bob\n:x:7:bob\n":                               "[{video 44}]",
	} {
		if got := fmt.Sprint(withMemberships([]byte(data), u)); got != want {
			t.Errorf("%q: %s, want %s", data, got, want)
		}
	}
}
