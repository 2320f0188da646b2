// Package nearest finds the word that somebody meant who has mistyped one.
package nearest

import "strings"

// Of gives the word of known that word was most likely meant to be, or ""
// when none is near. The first of two that are equally near wins. Case does not
// count.
func Of(word string, known []string) string {
	best, bestDistance := "", 0
	for _, k := range known {
		// One slip in three characters is a typo; more is another word.
		limit := max(1, max(len(word), len(k))/3)
		if k == "" || len(word)-len(k) > limit || len(k)-len(word) > limit {
			continue
		}
		d := distance(strings.ToLower(word), strings.ToLower(k))
		if d > limit || d >= len(k) {
			continue
		}
		if best == "" || d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance counts the bytes to insert, delete, replace or swap with their
// neighbour to get from a to b (optimal string alignment).
func distance(a, b string) int {
	var before []int // the row above prev, for swaps
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev = prev, row
	}
	return prev[len(b)]
}
