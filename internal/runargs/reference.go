package runargs

import (
	"fmt"
	"strings"
)

// Section is one of the tables of options, as pages and help show them.
type Section struct {
	Title string
	Intro string    // one paragraph, or ""
	Heads [3]string // of the columns; the second is "" where the section has two
	Rows  []Row
}

// Row is one option.
type Row struct {
	Names []string // each as it is written, the first with what its value looks like
	Kind  string   // "switch", "repeats" or ""
	Text  string   // in Markdown
}

// Intro says how options are written, in Markdown.
const Intro = "A value stands in the same element after `=` or after white space, or in the next\n" +
	"element. No shell reads it, so it needs no quotes. An option that may stand once\n" +
	"only follows docker: the last one wins. Mistakes are found before an engine is\n" +
	"contacted.\n" +
	"\n" +
	"A relative path, of a seccomp profile or in `--mount` after `source=` (where it\n" +
	"starts with `.` or `~`), belongs to the directory of the file that holds it; on the\n" +
	"command line to the current directory.\n"

// Sections are all options that are known, from the tables that Parse uses.
func Sections() []Section {
	supported := Section{Title: "Supported", Heads: [3]string{"option", "kind", "meaning"}}
	for _, o := range options {
		row := Row{Names: names(o.name, o.value, o.short, o.alias), Text: o.doc}
		switch {
		case o.value == "":
			row.Kind = "switch"
		case o.many:
			row.Kind = "repeats"
		}
		if o.key != "" {
			row.Text += fmt.Sprintf("; joins the key `%s`", o.key)
		}
		if o.podman {
			row.Text += "; podman's own"
		}
		supported.Rows = append(supported.Rows, row)
	}
	key := Section{
		Title: "Taken as a key", Heads: [3]string{"option", "", "key"},
		Intro: "Where the key is set as well, other than on the command line, that is an error which names both places.",
	}
	for _, o := range keyed {
		key.Rows = append(key.Rows, Row{Names: names(o.name, o.value, o.short, o.alias), Text: "`" + o.key + "`"})
	}
	none := Section{
		Title: "Without effect", Heads: [3]string{"option", "", ""},
		Intro: "These say what is so anyway; with `=false` they are an error.",
	}
	for _, o := range idle {
		none.Rows = append(none.Rows, Row{Names: names(o.name, "", o.short, o.alias), Text: o.doc})
	}
	refused := Section{Title: "Refused, because ctenv has its own way", Heads: [3]string{"option", "", "instead"}}
	for _, o := range reserved {
		refused.Rows = append(refused.Rows, Row{Names: names(o.name, "", o.short, o.alias), Text: o.doc})
	}
	return []Section{supported, key, none, refused}
}

// names are the spellings of an option, the long one with its value first.
func names(long, value, short, alias string) []string {
	if value != "" {
		value = "=" + value
	}
	all := []string{"--" + long + value}
	if short != "" {
		all = append(all, "-"+short)
	}
	if alias != "" {
		all = append(all, "--"+alias)
	}
	return all
}

// Markdown is docs/run-args.md.
func Markdown() string {
	var b strings.Builder
	writeRow := func(cells ...string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	b.WriteString("# Options of docker run\n\n" +
		"The key `run_args` and the flag `--run-arg` take options of `docker run`:\n\n" +
		"```toml\n[containers.debug]\nrun_args = [\"--cap-add=SYS_PTRACE\", \"--shm-size 1g\", \"-p\", \"8080:80\"]\n```\n\n" +
		Intro)
	for _, s := range Sections() {
		b.WriteString("\n## " + s.Title + "\n\n")
		if s.Intro != "" {
			b.WriteString(s.Intro + "\n\n")
		}
		columns := []string{s.Heads[0], s.Heads[2]}
		if s.Heads[1] != "" {
			columns = s.Heads[:]
		}
		writeRow(columns...)
		b.WriteString("|" + strings.Repeat("---|", len(columns)) + "\n")
		for _, r := range s.Rows {
			first := strings.ReplaceAll("`"+strings.Join(r.Names, "`, `")+"`", "|", `\|`)
			if s.Heads[1] != "" {
				writeRow(first, r.Kind, r.Text)
			} else {
				writeRow(first, r.Text)
			}
		}
	}
	b.WriteString("\nEvery other option is an error that names the nearest supported one.\n")
	return b.String()
}
