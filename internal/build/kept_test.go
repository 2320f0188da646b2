package build

import (
	"bytes"
	"strings"
	"testing"
)

// TestOutput: output of any size takes some memory only, and its ends are whole.
func TestOutput(t *testing.T) {
	for _, size := range []int{0, 1, maxKept, 2 * maxKept, 10 * maxKept} {
		var o output
		text := []byte("first" + strings.Repeat("x", size) + "last")
		for left := text; len(left) > 0; {
			n := min(len(left), 32<<10)
			_, _ = o.Write(left[:n])
			left = left[n:]
			if len(o.head)+len(o.tail) > 3*maxKept {
				t.Fatalf("%d: %d and %d bytes are kept", size, len(o.head), len(o.tail))
			}
		}
		var out bytes.Buffer
		o.show(&out)
		whole := size < 2*maxKept
		if got := out.Bytes(); !bytes.HasPrefix(got, []byte("first")) || !bytes.HasSuffix(got, []byte("last")) || bytes.Equal(got, text) != whole || bytes.Contains(got, []byte("left out")) == whole {
			t.Errorf("%d: %d bytes of %d are shown", size, len(got), len(text))
		}
	}
}
