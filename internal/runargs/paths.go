package runargs

import (
	"encoding/csv"
	"slices"
	"strings"
)

// Resolve returns args with each path of the host made absolute by abs: the file
// of a seccomp profile, and the source of a bind mount that starts with "." or
// "~". It is where "relative to the file that names it" is applied.
func Resolve(args []Arg, abs func(path string) string) []Arg {
	args = slices.Clone(args)
	for i, a := range args {
		switch a.Name {
		case "security-opt":
			if file := a.Profile(); file != "" {
				args[i].Value = "seccomp=" + abs(file)
			}
		case "mount":
			args[i].Value = resolveMount(a.Value, abs)
		}
	}
	return args
}

func resolveMount(value string, abs func(string) string) string {
	fields, err := csv.NewReader(strings.NewReader(value)).Read()
	if err != nil {
		return value // Parse has refused it
	}
	changed := false
	for i, field := range fields {
		key, v, _ := strings.Cut(field, "=")
		switch strings.ToLower(key) {
		case "source", "src":
			if strings.HasPrefix(v, ".") || strings.HasPrefix(v, "~") {
				fields[i] = key + "=" + abs(v)
				changed = true
			}
		}
	}
	if !changed {
		return value
	}
	return CSV(fields)
}

// CSV is the value of --mount that has those fields, whatever they hold.
func CSV(fields []string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(fields) // a strings.Builder does not fail
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}
