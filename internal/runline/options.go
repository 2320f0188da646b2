package runline

import (
	"path"
	"strings"
	"unicode/utf8"

	"ctenv/internal/hint"
	"ctenv/internal/runargs"
)

// option is one of the line's.
type option struct {
	runargs.Word
	value string // of a switch "true" or "false"
}

// command is a `docker run` line taken apart.
type command struct {
	options []option
	unknown []string // options that nobody knows, with their values
	image   string
	args    []string
}

// parse reads the words of the line.
func parse(words []string) (command, error) {
	var c command
	words, err := afterRun(words)
	if err != nil {
		return c, err
	}
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		word := words[0]
		if words = words[1:]; word == "--" {
			break
		}
		if words, err = c.option(word, words); err != nil {
			return c, err
		}
	}
	if len(words) == 0 {
		return c, hint.Misused("give the line as it was, with the image after its options", "the line names no image")
	}
	c.image, c.args = words[0], words[1:]
	return c, nil
}

// afterRun drops what stands before the options.
func afterRun(words []string) ([]string, error) {
	i := 0
	for i < len(words) && path.Base(words[i]) == "sudo" {
		i++
	}
	if i < len(words) && isEngine(path.Base(words[i])) {
		i++
	}
	// The engine's own options: ctenv takes them from its environment.
	for i < len(words) && strings.HasPrefix(words[i], "-") {
		if !strings.Contains(words[i], "=") && words[i] != "-D" && words[i] != "--debug" {
			i++
		}
		i++
	}
	if i < len(words) && words[i] == "container" {
		i++
	}
	if i < len(words) && (words[i] == "run" || words[i] == "create") {
		return words[i+1:], nil
	}
	return nil, hint.Misused("ctenv from-docker-run 'docker run -it … IMAGE COMMAND'", "this is no docker run line")
}

func isEngine(program string) bool {
	return program == "docker" || program == "podman" || program == "nerdctl"
}

// option reads one word of options and what belongs to it.
func (c *command) option(word string, rest []string) ([]string, error) {
	name, value, inline := strings.Cut(strings.TrimPrefix(word, "--"), "=")
	if !strings.HasPrefix(word, "--") {
		return c.letters(word[1:], rest)
	}
	o, known := runargs.Lookup(name)
	switch {
	case !known && inline:
		c.unknown = append(c.unknown, word)
		return rest, nil
	case !known:
		return nil, hint.Misused("leave it out of the line, or write its value after =", "%s is not an option of docker run that ctenv knows, so it cannot tell whether a value follows", word)
	case o.Value && !inline:
		if len(rest) == 0 {
			return nil, hint.Misused("give the line as it was", "%s lacks its value", word)
		}
		value, rest = rest[0], rest[1:]
	case !o.Value && !inline:
		value = "true"
	}
	c.options = append(c.options, option{o, value})
	return rest, nil
}

// letters reads short options that stand together: -it, -p8080:80, -itw /x.
func (c *command) letters(letters string, rest []string) ([]string, error) {
	for letters != "" {
		_, n := utf8.DecodeRuneInString(letters)
		name := letters[:n]
		letters = letters[n:]
		o, known := runargs.Lookup(name)
		if !known {
			return nil, hint.Misused("leave it out of the line", "-%s is not an option of docker run that ctenv knows", name)
		}
		if off, given := strings.CutPrefix(letters, "="); !o.Value && given { // -i=false
			c.options = append(c.options, option{o, off})
			break
		}
		if !o.Value {
			c.options = append(c.options, option{o, "true"})
			continue
		}
		value := strings.TrimPrefix(letters, "=")
		if letters == "" {
			if len(rest) == 0 {
				return nil, hint.Misused("give the line as it was", "-%s lacks its value", name)
			}
			value, rest = rest[0], rest[1:]
		}
		c.options = append(c.options, option{o, value})
		break
	}
	return rest, nil
}
