package config

import (
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"ctenv/internal/tomltext"
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
	"features":          `write packages = ["NAME"] or image_commands = ["…"]`,
	"extra_hosts":       `write run_args = ["--add-host=NAME:IP"]`,
	"gosu_mount":        "leave it out: ctenv drops privileges by itself",
	"gpus":              `write run_args = ["--gpus=all"]`,
	"memory":            `write run_args = ["--memory=2g"]`,
	"mem_limit":         `write run_args = ["--memory=2g"]`,
	"mount":             "write volumes",
	"mounts":            "write volumes",
	"networks":          "write network",
	"poststartcommand":  "write post_start_commands (as root) or setup_commands (as you)",
	"postcreatecommand": "write setup_commands",
	"privileged":        `write run_args = ["--privileged"]`,
	"project_dir":       "leave it out: ctenv -p DIR says which directory is the project",
	"publish":           `write ports = ["8080:80"]`,
	"remoteuser":        "leave it out: the command runs as you",
	"restart":           "leave it out: a container of ctenv ends with its command",
	"shm_size":          `write run_args = ["--shm-size=1g"]`,
	"target":            "write build.target",
	"user":              "leave it out: the command runs as you",
	"working_dir":       "write workdir for where the command starts; ctenv -p DIR says which directory is the project",
	"workspace":         "write project_target for where the project is mounted, ctenv -p DIR for which one it is",
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
	return "a name with a dot is written in quotes: [containers." + tomltext.Quote(name) + "]"
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
	case KindList, KindEnv, KindNames, KindGroups, KindPackages:
		if n.kind == unstable.String {
			return "put it in brackets: [" + tomltext.Quote(n.text) + "]"
		}
		return "write " + k.Name + ` = ["…"]`
	case KindTable, KindUlimits:
		if n.kind == unstable.Array && len(n.items) > 0 || n.kind == unstable.String {
			text := n.text
			if n.kind == unstable.Array {
				text = n.items[0].text
			}
			if name, value, ok := strings.Cut(text, "="); ok {
				return fmt.Sprintf("write %s = { %s = %s }", k.Name, tomltext.Key(name), tomltext.Quote(value))
			}
		}
		if k.Kind == KindUlimits {
			return "write " + k.Name + " = { nofile = 1024 }"
		}
		return "write " + k.Name + ` = { NAME = "value" }`
	case KindBool, KindBoolOrAuto:
		return "write " + k.Name + " = " + tomltext.Bool(n.text)
	case KindKeys:
		if n.kind == unstable.String {
			return fmt.Sprintf("write %s = { context = %s }", k.Name, tomltext.Quote(n.text))
		}
		return "write " + k.Name + ` = { context = "." }`
	case KindString:
		if len(k.Values) > 0 {
			return "write " + k.Name + " = " + tomltext.Quote(k.Default)
		}
		return "write " + k.Name + ` = "…"`
	case KindCommand:
		return "write " + k.Name + ` = "…" or ` + k.Name + ` = ["…", "…"]`
	}
	return ""
}
