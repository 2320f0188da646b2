package host

import (
	"path/filepath"
	"strings"
)

// coreWorktree is the value of core.worktree in a git directory's configuration
// (git-config(1)), absolute or relative to that directory: of its own file for the
// worktree, or of the repository's. No other file is read, whatever is included.
func coreWorktree(gitDir string, text func(path string) string) (string, bool) {
	for _, name := range []string{"config.worktree", "config"} {
		if value, ok := configValue(text(filepath.Join(gitDir, name)), "core", "worktree"); ok && value != "" {
			return value, true
		}
	}
	return "", false
}

// configValue finds the last value of a key in a section without a subsection.
func configValue(text, section, key string) (value string, found bool) {
	for _, value = range configValues(text, key, func(head string) bool { return strings.EqualFold(head, section) }) {
		found = true
	}
	return value, found
}

// configValues are those of a key in the sections whose heads are asked for.
func configValues(text, key string, wanted func(head string) bool) (values []string) {
	in := false
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", "")) {
		line = strings.TrimSpace(line)
		if head, rest, ok := strings.Cut(line, "]"); ok && strings.HasPrefix(head, "[") {
			in = wanted(strings.TrimSpace(head[1:]))
			line = strings.TrimSpace(rest)
		}
		name, v, ok := strings.Cut(line, "=")
		if in && ok && strings.EqualFold(strings.TrimSpace(name), key) {
			values = append(values, unquote(v))
		}
	}
	return values
}

// unquote reads a value: quotes keep blanks and signs of comments, a backslash the
// next character.
func unquote(s string) string {
	var b strings.Builder
	quoted, end := false, 0
	for s = strings.TrimLeft(s, " \t"); s != ""; s = s[1:] {
		switch c := s[0]; {
		case c == '"':
			quoted = !quoted
			end = b.Len()
			continue
		case (c == '#' || c == ';') && !quoted:
			return b.String()[:end]
		case c == '\\' && len(s) > 1:
			s = s[1:]
			b.WriteByte(escaped(s[0]))
		default:
			b.WriteByte(c)
			if (c == ' ' || c == '\t') && !quoted {
				continue // kept where something follows
			}
		}
		end = b.Len()
	}
	return b.String()[:end]
}

func escaped(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	}
	return c
}
