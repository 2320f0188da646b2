package runargs

import (
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
		arg, err := Port(tt.item)
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
