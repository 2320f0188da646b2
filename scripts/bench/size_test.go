package main

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

func TestPackageOf(t *testing.T) {
	for symbol, want := range map[string]string{
		"runtime.mallocgc":                            "runtime",
		"encoding/json.(*Decoder).Decode":             "encoding/json",
		"mvdan.cc/sh/v3/interp.(*Runner).stmt":        "mvdan.cc/sh/v3/interp",
		"slices.SortFunc[go.shape.*a/b.C]":            "slices",
		"gopkg.in/yaml%2ev3.Marshal":                  "gopkg.in/yaml.v3",
		"ctenv/internal/chowntree.(*Chowner).work-fm": "ctenv/internal/chowntree",
		"type:.eq.os/exec.Error":                      "types, strings and tables, shared",
		"go:string.*":                                 "types, strings and tables, shared",
		"_rt0_amd64":                                  "without a package",
	} {
		if got := packageOf(symbol); got != want {
			t.Errorf("%s: got %q, want %q", symbol, got, want)
		}
	}
}

// TestPartsOf takes apart a program: what is counted is most of what is loaded of
// the file, and never more than there is.
func TestPartsOf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "execonly")
	if out, err := exec.Command("go", "build", "-ldflags=-w", "-o", file, "./execonly").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	parts, err := partsOf(file)
	if err != nil {
		t.Fatal(err)
	}
	var sum uint64
	for _, p := range parts {
		sum += p.size
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if size := uint64(info.Size()); sum > size || sum < size/2 {
		t.Errorf("the parts add up to %d bytes, the file has %d", sum, size)
	}
	if len(parts) < 5 || !slices.IsSortedFunc(parts, func(a, b part) int { return cmp.Compare(b.size, a.size) }) {
		t.Errorf("not the largest first: %v", parts)
	}
}
