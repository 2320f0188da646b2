package main

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	tests := []struct {
		in   []time.Duration
		want time.Duration
	}{
		{[]time.Duration{7}, 7},
		{[]time.Duration{9, 1, 2}, 2},
		{[]time.Duration{10, 2, 4, 1}, 3},
	}
	for _, tt := range tests {
		if got := median(tt.in); got != tt.want {
			t.Errorf("%v: got %d, want %d", tt.in, got, tt.want)
		}
	}
}

func TestTurns(t *testing.T) {
	var order []string
	as := func(name string, ds ...time.Duration) sample {
		return func() (time.Duration, error) {
			order = append(order, name)
			d := ds[0]
			ds = ds[1:]
			return d, nil
		}
	}
	// The first round, with the large times, does not count.
	got, err := turns(2, as("a", 100, 1, 3), as("b", 200, 5, 7))
	if err != nil {
		t.Fatal(err)
	}
	if want := []time.Duration{2, 6}; !slices.Equal(got, want) {
		t.Errorf("medians %v, want %v", got, want)
	}
	if want := []string{"a", "b", "b", "a", "a", "b"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
}

func TestTurnsStopAtAnError(t *testing.T) {
	bad := errors.New("bad")
	if _, err := turns(1, func() (time.Duration, error) { return 0, bad }); !errors.Is(err, bad) {
		t.Errorf("got %v, want %v", err, bad)
	}
}
