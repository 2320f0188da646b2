package streams

import (
	"bytes"
	"testing"
)

func TestWatchStops(t *testing.T) {
	for name, c := range map[string]struct {
		typed []string
		ended int
	}{
		"no key to stop":      {[]string{"a\x03", "\x1c"}, 0},
		"stopped":             {[]string{"a\x1a", "b"}, 0},
		"stopped, then ended": {[]string{"\x1a", "\x03"}, 1},
		"at once":             {[]string{"\x1a\x03"}, 1},
		"by the other key":    {[]string{"\x1a", "a\x1cb"}, 1},
		"ended, then stopped": {[]string{"\x03\x1a"}, 0},
		"once for each stop":  {[]string{"\x1a", "\x03", "a", "\x03", "\x1a", "\x1c"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			ended, all := 0, ""
			w := WatchStops(&got, func() { ended++ })
			for _, text := range c.typed {
				if _, err := w.Write([]byte(text)); err != nil {
					t.Error(err)
				}
				all += text
			}
			if ended != c.ended || got.String() != all {
				t.Errorf("ended %d times, wrote %q, want %d, %q", ended, &got, c.ended, all)
			}
		})
	}
}
