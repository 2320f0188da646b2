package main

import (
	"context"
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

func TestRunBar(t *testing.T) {
	for version, want := range map[string]float64{"20.10.24+dfsg1\n": 1, "27.5.1": 1, "28.5.2\n": 0.95, "29.0.0-rc.1": 0.95, "": 1} {
		if got := runBar(version); got != want {
			t.Errorf("%q: %v", version, got)
		}
	}
}

func TestSpreads(t *testing.T) {
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
	got, err := spreads(2, as("a", 100, 1, 3), as("b", 200, 5, 7))
	if err != nil {
		t.Fatal(err)
	}
	if want := []spread{{1, 2, 3}, {5, 6, 7}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if want := []string{"a", "b", "b", "a", "a", "b"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
}

func TestSpreadsStopAtAnError(t *testing.T) {
	bad := errors.New("bad")
	if _, err := spreads(1, func() (time.Duration, error) { return 0, bad }); !errors.Is(err, bad) {
		t.Errorf("got %v, want %v", err, bad)
	}
}

// TestSpreadsStopAtASignal: what is said is the signal, not how it ended a command; nothing runs after it.
func TestSpreadsStopAtASignal(t *testing.T) {
	stopped := errors.New("stopped")
	ctx, stop := context.WithCancelCause(t.Context())
	running = ctx
	defer func() { running = context.Background() }()
	count := 0
	_, err := spreads(5, func() (time.Duration, error) {
		if count++; count == 2 {
			stop(stopped)
			return 0, errors.New("exit status 130")
		}
		return 1, nil
	})
	if !errors.Is(err, stopped) || count != 2 {
		t.Errorf("got %v after %d", err, count)
	}
}
