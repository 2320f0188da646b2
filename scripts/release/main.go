// release FLAGS
//
// Packs what `make release` has built: for each GOOS-GOARCH directory in -built an
// archive and a bill of materials, for each Linux a deb and an rpm as well, and last
// SHA256SUMS. The same input gives the same bytes.
package main

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// release is what is packed.
type release struct {
	version string    // semantic, without a "v"
	date    time.Time // of all files
	source  string    // the checkout
	built   string    // the programs, in GOOS-GOARCH/ctenv
	share   string    // what scripts/share has written
	out     string    // directory of the results
}

func main() {
	var r release
	var epoch int64
	flag.StringVar(&r.version, "version", "", "semantic `VERSION`")
	flag.Int64Var(&epoch, "epoch", 0, "date of all files, in `SECONDS` since 1970")
	flag.StringVar(&r.source, "source", "../..", "the checkout's `DIR`")
	flag.StringVar(&r.built, "built", "", "`DIR` of the programs")
	flag.StringVar(&r.share, "share", "", "`DIR` of pages and completions")
	flag.StringVar(&r.out, "out", "", "`DIR` of the results")
	flag.Parse()
	r.date = time.Unix(epoch, 0).UTC()
	if err := r.pack(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// target is a platform that is packed.
type target struct{ os, arch string }

func (t target) String() string { return t.os + "_" + t.arch }

func (r release) pack() error {
	dirs, err := filepath.Glob(filepath.Join(r.built, "*-*", "ctenv"))
	if err != nil {
		return err
	}
	if len(dirs) == 0 {
		return fmt.Errorf("%q holds no program", r.built)
	}
	results := map[string][]byte{}
	for _, program := range dirs {
		system, arch, _ := strings.Cut(filepath.Base(filepath.Dir(program)), "-")
		if err := r.packTarget(target{system, arch}, program, results); err != nil {
			return fmt.Errorf("%s/%s: %w", system, arch, err)
		}
	}
	var sums bytes.Buffer
	for _, name := range sorted(results) {
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(results[name]), name)
	}
	results["SHA256SUMS"] = sums.Bytes()
	for name, data := range results {
		if err := os.WriteFile(filepath.Join(r.out, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// packTarget adds what is made for one platform to results, by file name.
func (r release) packTarget(t target, program string, results map[string][]byte) error {
	base := fmt.Sprintf("ctenv_%s_%s", r.version, t)
	parts, err := r.parts(program)
	if err != nil {
		return err
	}
	if results[base+".cdx.json"], err = r.billOfMaterials(parts); err != nil {
		return err
	}
	files, err := r.files(t, program, parts)
	if err != nil {
		return err
	}
	if results[base+".tar.gz"], err = r.archive(base, files); err != nil {
		return err
	}
	if t.os != "linux" {
		return nil
	}
	for _, format := range []string{"deb", "rpm"} {
		name, data, err := r.systemPackage(format, t.arch, files)
		if err != nil {
			return fmt.Errorf("%s: %w", format, err)
		}
		results[name] = data
	}
	return nil
}
