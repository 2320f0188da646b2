package runargs

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

//go:generate go test -run TestDocs -update .

var update = flag.Bool("update", false, "write docs/run-args.md anew")

// TestDocs keeps docs/run-args.md the same as the table.
func TestDocs(t *testing.T) {
	const path = "../../docs/run-args.md"
	want := markdown()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run go generate ./internal/runargs", path)
	}
}

func markdown() string {
	var b strings.Builder
	b.WriteString(`# Options of docker run

The key ` + "`run_args`" + ` and the flag ` + "`--run-arg`" + ` take options of ` + "`docker run`" + `:

` + "```toml" + `
[containers.debug]
run_args = ["--cap-add=SYS_PTRACE", "--shm-size 1g", "-p", "8080:80"]
` + "```" + `

A value stands in the same element after ` + "`=`" + ` or after white space, or in the next
element. No shell reads it, so it needs no quotes. An option that may stand once
only follows docker: the last one wins. Mistakes are found before an engine is
contacted.

A relative path, of a seccomp profile or in ` + "`--mount`" + ` after ` + "`source=`" + ` (where it
starts with ` + "`.`" + ` or ` + "`~`" + `), belongs to the folder of the file that holds it; on the
command line to the current directory.

## Supported

| option | | meaning |
|---|---|---|
`)
	for _, o := range options {
		name := "`--" + o.name
		if o.value != "" {
			name += "=" + strings.ReplaceAll(o.value, "|", `\|`)
		}
		name += "`"
		if o.short != "" {
			name += ", `-" + o.short + "`"
		}
		if o.alias != "" {
			name += ", `--" + o.alias + "`"
		}
		var kind string
		switch {
		case o.value == "":
			kind = "switch"
		case o.many:
			kind = "repeats"
		}
		doc := o.doc
		if o.key != "" {
			doc += fmt.Sprintf("; joins the key `%s`", o.key)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, kind, doc)
	}
	b.WriteString(`
## Refused, because ctenv has its own way

| option | instead |
|---|---|
`)
	for _, r := range reserved {
		name := "`--" + r.name + "`"
		if r.short != "" {
			name += ", `-" + r.short + "`"
		}
		if r.alias != "" {
			name += ", `--" + r.alias + "`"
		}
		fmt.Fprintf(&b, "| %s | %s |\n", name, r.instead)
	}
	b.WriteString("\nEvery other option is an error that names the nearest supported one.\n")
	return b.String()
}
