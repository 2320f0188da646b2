package main

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// sample runs something once and says how long it took.
type sample func() (time.Duration, error)

// running ends with the first signal: what is measured stops then, and what it has made is
// removed on the way out.
var running = context.Background()

// spreads runs the samples by turns, rounds times, and gives the median and the quartiles
// of each. Every other round goes backwards: whoever comes first may pay for the last one's
// remains. A round before that is not counted; it fills the caches.
func spreads(rounds int, samples ...sample) ([]spread, error) {
	took := make([][]time.Duration, len(samples))
	for round := range rounds + 1 {
		for i := range samples {
			if round%2 == 1 {
				i = len(samples) - 1 - i
			}
			d, err := samples[i]()
			// A signal reaches the commands too, and says more than their errors.
			if err := cmp.Or(context.Cause(running), err); err != nil {
				return nil, err
			}
			if round > 0 {
				took[i] = append(took[i], d)
			}
		}
	}
	all := make([]spread, len(samples))
	for i := range took {
		all[i] = spreadOf(took[i])
	}
	return all, nil
}

// median of at least one duration.
func median(ds []time.Duration) time.Duration {
	ds = slices.Sorted(slices.Values(ds))
	mid := len(ds) / 2
	if len(ds)%2 == 0 {
		return (ds[mid-1] + ds[mid]) / 2
	}
	return ds[mid]
}
