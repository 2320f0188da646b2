package main

import (
	"fmt"
	"slices"
	"time"
)

// spread is what a sample took over the rounds: the median and the quartiles.
type spread struct{ Low, Median, High time.Duration }

// spreadOf at least one duration.
func spreadOf(ds []time.Duration) spread {
	ds = slices.Sorted(slices.Values(ds))
	return spread{Low: ds[(len(ds)-1)/4], Median: median(ds), High: ds[len(ds)-1-(len(ds)-1)/4]}
}

// ms is a spread in milliseconds; the quartiles are left out where a single round has none.
func (s spread) ms() string {
	if s.Low == s.High {
		return ms(s.Median)
	}
	in := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	return fmt.Sprintf("%s (%.1f–%.1f)", ms(s.Median), in(s.Low), in(s.High))
}

// rate is a spread as bytes a second of size bytes.
func (s spread) rate(size int64) string {
	of := func(d time.Duration) float64 { return float64(size) / 1e6 / d.Seconds() }
	if s.Low == s.High {
		return fmt.Sprintf("%.0f MB/s", of(s.Median))
	}
	return fmt.Sprintf("%.0f MB/s (%.0f–%.0f)", of(s.Median), of(s.High), of(s.Low))
}

// over is the ratio of two medians.
func (s spread) over(t spread) float64 { return float64(s.Median) / float64(t.Median) }

// seconds is a spread in seconds.
func (s spread) seconds() string {
	if s.Low == s.High {
		return seconds(s.Median)
	}
	return fmt.Sprintf("%s (%.2f–%.2f)", seconds(s.Median), s.Low.Seconds(), s.High.Seconds())
}

// less is a spread without what something else takes, in the median.
func (s spread) less(t spread) spread {
	return spread{s.Low - t.Median, s.Median - t.Median, s.High - t.Median}
}

// cost is a spread in the unit of its median.
func (s spread) cost() string {
	if s.Median >= time.Second {
		return s.seconds()
	}
	return s.ms()
}
