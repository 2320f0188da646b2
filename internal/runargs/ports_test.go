package runargs

import (
	"errors"
	"strings"
	"testing"

	"ctenv/internal/hint"
)

func TestPort(t *testing.T) {
	for _, tt := range []struct {
		item, want string // "" for a mistake
		picks      bool
	}{
		{"8080:80", "127.0.0.1:8080:80", false},
		{"3000", "127.0.0.1::3000", true},
		{"auto:3000", "127.0.0.1::3000", true},
		{"auto:53/udp", "127.0.0.1::53/udp", true},
		{":80", "127.0.0.1::80", true},
		{"::80", "127.0.0.1::80", true},
		{":8080:80", "127.0.0.1:8080:80", false},
		{"0.0.0.0:8080:80/udp", "0.0.0.0:8080:80/udp", false},
		{"0.0.0.0::80", "0.0.0.0::80", true},
		{"[::1]:8080:80", "[::1]:8080:80", false},
		{"9000-9001:80-81", "127.0.0.1:9000-9001:80-81", false},
		{"9000-9010:80", "127.0.0.1:9000-9010:80", true},
		{"80-81", "127.0.0.1::80-81", true},
		{"", "", false},
		{"auto", "", false},
		{"auto:", "", false},
		{"auto:8080:80", "", false},
		{"http", "", false},
		{"80/icmp", "", false},
		{"localhost:8080:80", "", false},
		{"9000-9001:80-89", "", false},
		{"70000", "", false},
	} {
		arg, _, err := Port(tt.item)
		way, _ := hint.Of(err)
		switch {
		case tt.want == "" && (err == nil || way == ""):
			t.Errorf("%q: %v, %v, want a mistake with a hint", tt.item, arg, err)
		case tt.want != "" && (err != nil || arg != Arg{"publish", tt.want}):
			t.Errorf("%q: %v, %v, want %s", tt.item, arg, err, tt.want)
		}
		if tt.want == "" {
			continue
		}
		if PicksPort([]Arg{arg}) != tt.picks {
			t.Errorf("%q: the engine picks a port: %v", tt.item, !tt.picks)
		}
		if _, err := Parse([]string{arg.String()}); err != nil {
			t.Errorf("%q: %v", tt.item, err)
		}
	}
}

// Every port may be named once; words that name all of them again and again would take all
// memory before anybody is asked.
func TestPortsTogether(t *testing.T) {
	for name, tt := range map[string]struct {
		words []string
		ok    bool
	}{
		"every port":            {[]string{"--publish=1-65535:1-65535", "--publish=80:80/udp"}, true},
		"published twice":       {[]string{"--publish=1-65535:1-65535", "--publish=1-65535:1-65535/udp"}, false},
		"exposed twice":         {[]string{"--expose=1-65535", "--expose=1-65535"}, false},
		"published and exposed": {[]string{"--publish=1-65535:1-65535", "--expose=1-2"}, false},
	} {
		_, err := Parse(tt.words)
		mistake := (*Error)(nil)
		if tt.ok && err != nil || !tt.ok && (!errors.As(err, &mistake) || mistake.Word != 1 || !strings.Contains(err.Error(), "more than 65536 ports together")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
