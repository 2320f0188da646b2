package message

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/creack/pty"

	"ctenv/internal/hint"
)

// TestError: an error breaks between words on a terminal, and is a line elsewhere.
func TestError(t *testing.T) {
	err := hint.With(errors.New(`"echo one; false": exit status 1`), "look at what it says")
	var piped strings.Builder
	Writer{Out: &piped}.Error(err)
	if want := "error: \"echo one; false\": exit status 1\nhint: look at what it says\n"; piped.String() != want {
		t.Errorf("piped: %q", piped.String())
	}
	screen, terminal, ptyErr := pty.Open()
	if ptyErr != nil {
		t.Fatal(ptyErr)
	}
	defer screen.Close()
	if err := pty.Setsize(terminal, &pty.Winsize{Cols: 20, Rows: 24}); err != nil {
		t.Fatal(err)
	}
	Writer{Out: terminal}.Error(err)
	terminal.Close()
	shown, _ := io.ReadAll(screen) // EIO is its end
	want := "error: \"echo one;\n       false\": exit\n       status 1\nhint: look at what\n      it says\n"
	if got := strings.ReplaceAll(string(shown), "\r", ""); got != want {
		t.Errorf("on a terminal:\n%s", got)
	}
}
