// Package hidden knows the characters that a terminal does not show.
package hidden

import "unicode"

// Rune tells whether a terminal does something else with r than to show it, or shows
// nothing, so that two names look alike. The marks that turn the direction of text would
// let a name pass for another. Joiners stay: scripts and emoji need them.
func Rune(r rune) bool {
	switch r {
	case '\u200C', '\u200D':
		return false
	case '\u2028', '\u2029':
		return true
	}
	// Fillers, and what chooses among the shapes of the character before it.
	if unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
		return true
	}
	// Those of Arabic, Syriac and Kaithi are seen.
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}
