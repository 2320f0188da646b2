package setup

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// TestHeldOutput: what commands say is kept, and nothing hangs where they end while it is
// being read.
func TestHeldOutput(t *testing.T) {
	for n := range 200 {
		h, err := hold()
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("said %d\n", n)
		cmd := exec.Command("/proc/self/exe", "-test.run=^$")
		cmd.Stdout, cmd.Stderr = h.to, h.to
		if n%20 == 0 {
			if err := cmd.Run(); err != nil {
				t.Fatal(err)
			}
		}
		h.to.WriteString(text)
		h.end(false, "")
		if !strings.HasSuffix(string(h.said), text) {
			t.Fatalf("%q lacks its end", h.said)
		}
	}
	h, err := hold()
	if err != nil {
		t.Fatal(err)
	}
	h.to.WriteString(strings.Repeat("x", maxHeld) + "end")
	h.end(false, "")
	if len(h.said) != maxHeld || !h.cut || !strings.HasSuffix(string(h.said), "xend") {
		t.Errorf("%d bytes are kept", len(h.said))
	}
}
