package tomltext

import (
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// TestQuote: whatever a text holds, TOML reads it back.
func TestQuote(t *testing.T) {
	for _, text := range []string{"", "a b", `"\`, "\n\t\r\x00\x1b\x7f\u0085", "é…", "\u202e\U000e0041", "#=[]{}."} {
		var back map[string]string
		if err := toml.Unmarshal([]byte(Key(text)+" = "+Quote(text)), &back); err != nil || back[text] != text {
			t.Errorf("%q is written %s: %q, %v", text, Quote(text), back, err)
		}
	}
	if Key("a-b_1") != "a-b_1" || Key("a.b") != `"a.b"` {
		t.Errorf("keys: %s, %s", Key("a-b_1"), Key("a.b"))
	}
}
