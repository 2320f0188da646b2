package main

import (
	"cmp"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// maxInitSize is the bar for ctenv-init's file, in bytes.
const maxInitSize = 6_000_000

// sizeRows is how many of the largest parts get a row of their own.
const sizeRows = 12

// part is something that a program is made of.
type part struct {
	name string
	size uint64 // bytes in the file
}

// measureSize says how large ctenv-init is and what it is made of.
func measureSize(o options) ([]result, error) {
	info, err := os.Stat(o.init)
	if err != nil {
		return nil, err
	}
	total := uint64(info.Size())
	results := []result{{what: "size of ctenv-init", ours: mb(total), bar: "≤ 6 MB", met: total <= maxInitSize}}

	// The symbols are in a build that is not stripped; it is the same otherwise.
	file := o.scratch + "/ctenv-init-symbols"
	if out, err := exec.Command("go", "build", "-trimpath", "-o", file, "./cmd/ctenv-init").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building ctenv-init: %w\n%s", err, out)
	}
	parts, err := partsOf(file)
	if err != nil {
		return nil, err
	}
	for i, p := range parts {
		if i == sizeRows {
			break
		}
		results = append(results, result{what: "… of which " + p.name, ours: mb(p.size), ratio: fmt.Sprintf("%.0f %%", 100*float64(p.size)/float64(total))})
	}
	return results, nil
}

func mb(bytes uint64) string { return fmt.Sprintf("%.2f MB", float64(bytes)/1e6) }

// partsOf adds up the symbols of a Go program by package, the largest first. What
// the linker makes for all of them together is a part of its own.
func partsOf(file string) ([]part, error) {
	program, err := elf.Open(file)
	if err != nil {
		return nil, err
	}
	defer program.Close()
	symbols, err := program.Symbols()
	if err != nil {
		return nil, fmt.Errorf("symbols of %q: %w", file, err)
	}
	sizes := map[string]uint64{}
	inSection := map[elf.SectionIndex]uint64{}
	for _, s := range symbols {
		if int(s.Section) >= len(program.Sections) || elf.ST_TYPE(s.Info) == elf.STT_SECTION {
			continue
		}
		section := program.Sections[s.Section]
		if section.Type != elf.SHT_PROGBITS || section.Name == ".gopclntab" {
			continue
		}
		sizes[packageOf(s.Name)] += s.Size
		inSection[s.Section] += s.Size
	}
	// A section's remainder belongs to no package: padding, type descriptors and
	// the tables by which the runtime finds functions and lines.
	for i, section := range program.Sections {
		loaded := section.Flags&elf.SHF_ALLOC != 0 && section.Type != elf.SHT_NOBITS
		if named := inSection[elf.SectionIndex(i)]; loaded && section.FileSize > named {
			sizes["section "+section.Name+", shared"] += section.FileSize - named
		}
	}
	var parts []part
	for name, size := range sizes {
		parts = append(parts, part{name, size})
	}
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.name, b.name))
	})
	return parts, nil
}

// packageOf is the import path in the name that the Go linker gives a symbol.
func packageOf(symbol string) string {
	if strings.HasPrefix(symbol, "type:") || strings.HasPrefix(symbol, "go:") {
		return "types, strings and tables, shared"
	}
	name := symbol
	if i := strings.IndexAny(name, "[("); i >= 0 {
		name = name[:i] // type arguments and receivers have packages of their own
	}
	slash := strings.LastIndexByte(name, '/') + 1
	dot := strings.IndexByte(name[slash:], '.')
	if dot < 0 {
		return "without a package"
	}
	return strings.ReplaceAll(name[:slash+dot], "%2e", ".")
}
