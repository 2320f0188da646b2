package hidden

import "testing"

func TestRune(t *testing.T) {
	for _, r := range "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b\u180d\u180e\u180f\u200b\u202e\u2028\u2065\u3164\ufe00\ufe0f\uffa0\x07\u009b\U000e0041\U000e0100\U000e01ef" {
		if !Rune(r) {
			t.Errorf("%U is not seen", r)
		}
	}
	for _, r := range "a é日\u0301\u0600\u200c\u200d\U0001f680" {
		if Rune(r) {
			t.Errorf("%U is seen, or makes what is", r)
		}
	}
}
