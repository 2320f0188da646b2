package starter

import (
	"path"
	"regexp"
	"strings"
)

// text writes a value with its variables as ours. why is the reason why it cannot, or "".
func (t *translation) text(value string) (text, why string) { return t.variables(value, false) }

// isVariable says whether a variable of the environment can have that name.
func isVariable(name string) bool {
	return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name)
}

const nul = "holds a NUL byte"

// variables replaces each ${…} by ours. Where it is none of a devcontainer's, it is kept
// from being one of ours; in a command it is the shell's.
func (t *translation) variables(value string, command bool) (text, why string) {
	if strings.ContainsRune(value, 0) {
		return "", "it " + nul
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(value, "${")
		b.WriteString(before)
		if !found {
			return b.String(), ""
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed && !command {
			return "", "it has a ${ without its }"
		}
		ours, known, why := t.named(name)
		switch {
		case !known && !command && strings.Contains(name, ":"):
			return "", unknown(name)
		case !known || !closed:
			b.WriteString("$${")
			value = rest
			continue
		case why != "":
			return "", why
		case strings.HasSuffix(before, "$"):
			return "", "a $ before a ${ keeps it from being a variable here"
		}
		b.WriteString(ours)
		value = after
	}
}

func unknown(name string) string { return "${" + name + "} is a variable that ctenv does not know" }

// named is a variable of a devcontainer.json as ctenv writes it. known is false for a name
// that is none; why is the reason why ctenv has none for it, or "".
func (t *translation) named(name string) (text string, known bool, why string) {
	kind, what, _ := strings.Cut(name, ":")
	switch kind {
	case "localEnv", "env":
		what, otherwise, _ := strings.Cut(what, ":")
		switch {
		case !isVariable(what):
			return "", true, "${" + name + "} names no variable"
		case strings.Contains(otherwise, "|"):
			return "", true, "the default of ${" + name + "} holds a |, which ends a default here"
		}
		return "${env." + what + "|default:" + otherwise + "}", true, ""
	case "localWorkspaceFolder":
		return "${project_dir}", true, ""
	case "containerWorkspaceFolder":
		return t.directory, true, ""
	case "containerWorkspaceFolderBasename":
		return path.Base(t.directory), true, ""
	case "localWorkspaceFolderBasename":
		if t.base == "" {
			return "", true, "each checkout has its own ${" + name + "}, and the file is for all"
		}
		return strings.ReplaceAll(t.base, "${", "$${"), true, ""
	case "containerEnv", "devcontainerId":
		return "", true, unknown(name)
	}
	return "", false, ""
}
