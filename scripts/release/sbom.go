package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
)

// Directories of the checkout with the programs that travel in ctenv.
const (
	initDir  = "internal/initbin/bin"
	shellDir = "internal/shellbin/bin"
)

// part is a program of a release: ctenv, and those that it holds.
type part struct {
	name string // as in ctenv-init-linux-amd64
	sum  [sha256.Size]byte
	info *buildinfo.BuildInfo
}

// parts are ctenv at path, and the programs in it, whatever they run on.
func (r release) parts(path string) ([]part, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	main, err := partOf("ctenv", data)
	if err != nil {
		return nil, err
	}
	parts := []part{main}
	for _, arch := range []string{"amd64", "arm64"} {
		name := "ctenv-init-linux-" + arch
		if data, err = os.ReadFile(filepath.Join(r.source, initDir, name)); err != nil {
			return nil, err
		}
		p, err := partOf(name, data)
		if err != nil {
			return nil, err
		}
		shell, err := shellOf(filepath.Join(r.source, shellDir, arch, "ctenv-shell.gz"), "ctenv-shell-linux-"+arch)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p, shell)
	}
	return parts, nil
}

// shellOf is the part of a compressed program.
func shellOf(path, name string) (part, error) {
	f, err := os.Open(path)
	if err != nil {
		return part{}, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return part{}, fmt.Errorf("%q: %w", path, err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		return part{}, fmt.Errorf("%q: %w", path, err)
	}
	return partOf(name, data)
}

// partOf reads what `go version -m` shows of a program.
func partOf(name string, data []byte) (part, error) {
	info, err := buildinfo.Read(bytes.NewReader(data))
	if err != nil {
		return part{}, fmt.Errorf("%s: %w", name, err)
	}
	return part{name, sha256.Sum256(data), info}, nil
}

// billOfMaterials is a CycloneDX document: ctenv, and each module of it and of the
// programs in it.
func (r release) billOfMaterials(parts []part) ([]byte, error) {
	modules := map[string]cyclonedx.Component{}
	var programs []cyclonedx.Component
	var needs []cyclonedx.Dependency
	for _, p := range parts {
		c := cyclonedx.Component{
			BOMRef: p.name, Type: cyclonedx.ComponentTypeApplication, Name: p.name, Version: r.version,
			Hashes:   &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: hex.EncodeToString(p.sum[:])}},
			Licenses: &cyclonedx.Licenses{{License: &cyclonedx.License{ID: "Apache-2.0"}}},
		}
		programs = append(programs, c)
		found, err := modulesOf(p.info)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		var refs []string
		for _, m := range found {
			modules[m.BOMRef] = m
			refs = append(refs, m.BOMRef)
		}
		needs = append(needs, cyclonedx.Dependency{Ref: p.name, Dependencies: &refs})
	}
	// ctenv holds the others.
	for _, p := range parts[1:] {
		*needs[0].Dependencies = append(*needs[0].Dependencies, p.name)
	}
	bom := cyclonedx.NewBOM()
	bom.Metadata = &cyclonedx.Metadata{Timestamp: r.date.Format(time.RFC3339), Component: &programs[0]}
	components := programs[1:]
	for _, ref := range sorted(modules) {
		components = append(components, modules[ref])
	}
	bom.Components, bom.Dependencies = &components, &needs
	var b bytes.Buffer
	encoder := cyclonedx.NewBOMEncoder(&b, cyclonedx.BOMFileFormatJSON)
	encoder.SetPretty(true)
	err := encoder.EncodeVersion(bom, cyclonedx.SpecVersion1_6)
	return b.Bytes(), err
}

// modulesOf are Go's standard library and the modules in a program.
func modulesOf(info *buildinfo.BuildInfo) ([]cyclonedx.Component, error) {
	found := []cyclonedx.Component{library("std", strings.TrimPrefix(info.GoVersion, "go"))}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		c := library(m.Path, m.Version)
		// h1: is the SHA-256 of a list of the files' hashes, in base64.
		sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:"))
		if err != nil {
			return nil, fmt.Errorf("%s: sum %q: %w", m.Path, m.Sum, err)
		}
		c.Hashes = &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: hex.EncodeToString(sum)}}
		found = append(found, c)
	}
	return found, nil
}

func library(path, version string) cyclonedx.Component {
	purl := "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
	return cyclonedx.Component{BOMRef: purl, Type: cyclonedx.ComponentTypeLibrary, Name: path, Version: version, PackageURL: purl}
}
