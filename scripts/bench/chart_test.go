package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

var grown = []series{{
	title: "a < b", unit: "files", names: [2]string{"ctenv", "docker"},
	at: []point{{1, spread{1e6, 1e6, 1e6}, spread{2e6, 2e6, 2e6}}, {100, spread{9e8, 1e9, 12e8}, spread{3e9, 3e9, 3e9}}},
}}

// TestChart: the chart is XML, and its lines reach the top at the largest cost.
func TestChart(t *testing.T) {
	svg := chart(grown)
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"a &lt; b", `points="76,180 316,137"`, `points="76,180 316,50"`, ">3.00 s<"} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s in\n%s", want, svg)
		}
	}
}

func TestWriteSeries(t *testing.T) {
	var b bytes.Buffer
	writeSeries(&b, grown)
	if want := "| 100 | 1.00 s (0.90–1.20) | 3.00 s | 0.33× |\n"; !strings.Contains(b.String(), want) {
		t.Errorf("no %s in\n%s", want, &b)
	}
}

func TestSpread(t *testing.T) {
	s := spreadOf([]time.Duration{5, 1, 4, 2, 3})
	if s != (spread{2, 3, 4}) {
		t.Errorf("got %v", s)
	}
	if s := spreadOf([]time.Duration{7}); s != (spread{7, 7, 7}) {
		t.Errorf("got %v", s)
	}
}

func TestAtOnce(t *testing.T) {
	bad := errors.New("bad")
	if _, err := atOnce(3, func() (time.Duration, error) { return 0, bad })(); !errors.Is(err, bad) {
		t.Errorf("got %v", err)
	}
}
