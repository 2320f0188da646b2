//go:build linux

package setup

import (
	"os"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// TestSizeTerminal puts a fresh terminal, which has no size, on stdin.
func TestSizeTerminal(t *testing.T) {
	for name, tt := range map[string]struct {
		before, request, want unix.Winsize
	}{
		"no size yet":     {request: unix.Winsize{Row: 33, Col: 101}, want: unix.Winsize{Row: 33, Col: 101}},
		"sized meanwhile": {before: unix.Winsize{Row: 1, Col: 2}, request: unix.Winsize{Row: 33, Col: 101}, want: unix.Winsize{Row: 1, Col: 2}},
		"none asked for":  {},
	} {
		t.Run(name, func(t *testing.T) {
			master, terminal, err := pty.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer master.Close()
			defer terminal.Close()
			if err := unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &tt.before); err != nil {
				t.Fatal(err)
			}
			stdin, err := unix.Dup(0)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(stdin)
			if err := unix.Dup3(int(terminal.Fd()), 0, 0); err != nil {
				t.Fatal(err)
			}
			in := New(wire.Request{Rows: tt.request.Row, Cols: tt.request.Col}, nil, nil, os.Stderr)
			in.sizeTerminal()
			got, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ)
			if restore := unix.Dup3(stdin, 0, 0); restore != nil {
				t.Fatal(restore)
			}
			if err != nil || *got != tt.want {
				t.Errorf("size %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}
