package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
)

// writeHead says where it was measured and by what.
func writeHead(w io.Writer, o options) {
	first := func(text string) string { return strings.TrimSpace(strings.SplitN(text+"\n", "\n", 2)[0]) }
	said := func(args ...string) string {
		out, err := exec.Command(args[0], args[1:]...).Output()
		if err != nil {
			return "not there"
		}
		return first(string(out))
	}
	file := func(name, pattern string) string {
		data, _ := os.ReadFile(name)
		if m := regexp.MustCompile(pattern).FindSubmatch(data); m != nil {
			return string(m[1])
		}
		return "?"
	}
	rows := [][2]string{
		{"processor", fmt.Sprintf("%s, %d of them", file("/proc/cpuinfo", `(?m)^model name\s*: (.*)$`), runtime.NumCPU())},
		{"memory", file("/proc/meminfo", `MemTotal:\s*(.*)`)},
		{"kernel", file("/proc/sys/kernel/osrelease", `([0-9.]+)`)},
		{"load when it began", file("/proc/loadavg", `^(\S+)`)},
		{"ctenv", said(o.ctenv, "version")},
		{"docker", said("docker", "version", "--format", "{{.Server.Version}}, its client {{.Client.Version}}")},
		{"podman", said("podman", "version", "--format", "{{.Client.Version}}")},
		{"Go", runtime.Version()},
		{"image", o.image},
	}
	fmt.Fprintf(w, "| | |\n|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(w, "| %s | %s |\n", r[0], r[1])
	}
	fmt.Fprintln(w)
}

// pageHead is what the page says before its numbers.
const pageHead = `# Benchmarks

Written by ` + "`make bench`" + `. What is compared takes turns, so that a noisy machine is noisy to both; a number is the median, with the quartiles
in brackets. The bars are what ctenv promises.

`

// writeSeries writes the series as tables.
func writeSeries(w io.Writer, all []series) {
	for _, s := range all {
		fmt.Fprintf(w, "\n### %s%s\n\n| %s | %s | %s | ratio |\n|---|---|---|---|\n", strings.ToUpper(s.title[:1]), s.title[1:], s.unit, s.names[0], s.names[1])
		for _, p := range s.at {
			fmt.Fprintf(w, "| %d | %s | %s | %s |\n", p.count, p.ours.cost(), p.against.cost(), times(p.ours.over(p.against)))
		}
	}
}
