package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// elsewhere says what to write for names that compose files, devcontainer.json
// and docker's options have and that are far from ours.
var elsewhere = map[string]string{
	"args":              "write build.args",
	"build_args":        "write build.args",
	"cap_add":           `write run_args = ["--cap-add=NAME"]`,
	"capadd":            `write run_args = ["--cap-add=NAME"]`,
	"cmd":               "write command",
	"containerenv":      "write env",
	"context":           "write build.context",
	"depends_on":        "a container of ctenv is one by itself; start the others first",
	"devices":           `write run_args = ["--device=/dev/NAME"]`,
	"dockerfile":        "write build.dockerfile",
	"entrypoint":        "write command, or image_entrypoint = true to run the image's own",
	"environment":       `write env = ["NAME=value"]`,
	"extends":           "write what containers share in [defaults]",
	"extra_hosts":       `write run_args = ["--add-host=NAME:IP"]`,
	"gpus":              `write run_args = ["--gpus=all"]`,
	"memory":            `write run_args = ["--memory=2g"]`,
	"mem_limit":         `write run_args = ["--memory=2g"]`,
	"mount":             "write volumes",
	"mounts":            "write volumes",
	"networks":          "write network",
	"poststartcommand":  "write post_start_commands (as root) or setup_commands (as you)",
	"postcreatecommand": "write setup_commands",
	"ports":             `write run_args = ["--publish=8080:80"]`,
	"privileged":        `write run_args = ["--privileged"]`,
	"publish":           `write run_args = ["--publish=8080:80"]`,
	"remoteuser":        "leave it out: the command runs as you",
	"restart":           "leave it out: a container of ctenv ends with its command",
	"shm_size":          `write run_args = ["--shm-size=1g"]`,
	"target":            "write build.target",
	"user":              "leave it out: the command runs as you",
	"working_dir":       "write workdir",
	"workspacefolder":   "write project_target",
}

// unknownKey is the error about a name that is none of keys.
func unknownKey(e *entry, header string, known []Key) error {
	hint := didYouMean(e.key, keyNames(known))
	switch other := elsewhere[strings.ToLower(e.key)]; {
	case other != "" && findKey(known, "image") != nil:
		hint = other
	case hint != "":
	case e.value.kind == unstable.Table && strings.HasPrefix(header, "[containers."):
		name := strings.TrimSuffix(strings.TrimPrefix(header, "[containers."), "]")
		hint = dottedName(name + "." + e.key)
	case findKey(known, "image") != nil:
		hint = "ctenv config schema prints the keys"
	default:
		hint = "the keys are " + strings.Join(keyNames(known), ", ")
	}
	return &Error{Pos: e.pos, Msg: fmt.Sprintf("unknown key %q in %s", e.key, header), Hint: hint}
}

// dottedName: to TOML, [containers.gcc-12.2] is a table in a table.
func dottedName(name string) string {
	return "a name with a dot is written in quotes: [containers." + quote(name) + "]"
}

// syntaxHint guesses from the line of a syntax error what it was meant to be.
func syntaxHint(line string) string {
	line = strings.TrimSpace(line)
	key, value, assigned := strings.Cut(line, "=")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	switch {
	case strings.HasPrefix(line, "//"):
		return "a comment starts with #"
	case strings.HasPrefix(line, "{"):
		return "this is no JSON: write key = value"
	case !assigned && strings.Contains(line, ":"):
		key, value, _ = strings.Cut(line, ":")
		key, value = strings.Trim(key, ` "-`), strings.Trim(value, ` ",`)
		if value == "" {
			return fmt.Sprintf("a table is written [%s]", key)
		}
		return fmt.Sprintf("write %s = %s", quoteKey(key), quote(value))
	case assigned && value == "":
		return fmt.Sprintf(`write a value: %s = "…"`, key)
	case assigned && slices.Contains([]string{"true", "false", "yes", "no", "on", "off"}, strings.ToLower(value)):
		return "write " + key + " = " + boolFor(value)
	case badEscape(value):
		return `in "…" a backslash starts an escape: write it twice, or use '…'`
	case strings.HasPrefix(value, `'`) || strings.HasPrefix(value, `"`):
		if strings.Count(value, value[:1]) == 1 {
			return "close the string: " + key + " = " + value + value[:1]
		}
	case strings.HasPrefix(value, "[") && !strings.HasSuffix(value, "]"):
		return "close the array with ], and put a comma between its items"
	case strings.HasPrefix(value, "[") && !strings.ContainsAny(value, `"'`):
		return "the items of an array stand in quotes, with commas between them"
	case strings.HasPrefix(value, "{") && (!strings.HasSuffix(value, "}") || strings.HasSuffix(strings.TrimRight(value, " }"), ",")):
		return "an inline table is { key = value, key = value }, on one line, without a comma at its end"
	case assigned && !strings.ContainsAny(value, `"'[]{}`):
		value, _, _ = strings.Cut(value, "#")
		return fmt.Sprintf("put it in quotes: %s = %s", key, quote(strings.TrimSpace(value)))
	}
	return ""
}

// badEscape says whether a backslash starts no escape of a basic string.
func badEscape(s string) bool {
	for i := 0; i+1 < len(s); i++ {
		if s[i] != '\\' {
			continue
		}
		i++
		digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[i]]
		if digits == 0 && !strings.ContainsRune("btnfre\"\\", rune(s[i])) {
			return true
		}
		for ; digits > 0; digits-- {
			if i++; i >= len(s) || !strings.ContainsRune("0123456789abcdefABCDEF", rune(s[i])) {
				return true
			}
		}
	}
	return false
}

// hinted adds what to write to an error about the kind of a key's value n.
func hinted(err error, k *Key, n *node) error {
	if e, ok := err.(*Error); ok && e.kind && e.Hint == "" && e.Pos == n.pos {
		e.Hint = instead(k, n)
	}
	return err
}

// instead says how a value of the wrong kind would be written, or "".
func instead(k *Key, n *node) string {
	switch k.Kind {
	case KindList, KindGroups:
		switch {
		case n.kind == unstable.String:
			return "put it in brackets: [" + quote(n.text) + "]"
		case n.kind == unstable.Table && len(n.entries) > 0 && k.Name == "env":
			e := n.entries[0]
			return "write " + k.Name + " = [" + quote(e.key+"="+e.value.text) + "]"
		}
		return "write " + k.Name + ` = ["…"]`
	case KindTable, KindUlimits:
		if n.kind == unstable.Array && len(n.items) > 0 || n.kind == unstable.String {
			text := n.text
			if n.kind == unstable.Array {
				text = n.items[0].text
			}
			if name, value, ok := strings.Cut(text, "="); ok {
				return fmt.Sprintf("write %s = { %s = %s }", k.Name, quoteKey(name), quote(value))
			}
		}
		if k.Kind == KindUlimits {
			return "write " + k.Name + " = { nofile = 1024 }"
		}
		return "write " + k.Name + ` = { NAME = "value" }`
	case KindBool, KindBoolOrAuto:
		return "write " + k.Name + " = " + boolFor(n.text)
	case KindKeys:
		if n.kind == unstable.String {
			return fmt.Sprintf("write %s = { context = %s }", k.Name, quote(n.text))
		}
		return "write " + k.Name + ` = { context = "." }`
	case KindString:
		if len(k.Values) > 0 {
			return "write " + k.Name + " = " + quote(k.Default)
		}
		return "write " + k.Name + ` = "…"`
	case KindCommand:
		return "write " + k.Name + ` = "…" or ` + k.Name + ` = ["…", "…"]`
	}
	return ""
}

// boolFor is what a word for yes or no is in TOML.
func boolFor(word string) string {
	switch strings.ToLower(word) {
	case "false", "no", "off", "0":
		return "false"
	}
	return "true"
}
