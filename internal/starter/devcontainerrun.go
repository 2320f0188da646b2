package starter

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"ctenv/internal/runargs"
)

// environment takes variables. Those of the container's tools are here the command's too.
func (t *translation) environment(d devcontainerFile) {
	for _, name := range slices.Sorted(maps.Keys(d.ContainerEnv)) {
		t.variable("containerEnv", name, string(d.ContainerEnv[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(d.RemoteEnv)) {
		if value := d.RemoteEnv[name]; value != nil {
			t.variable("remoteEnv", name, string(*value))
		} else {
			t.leave("remoteEnv."+name, "nothing takes a variable back")
		}
	}
}

func (t *translation) variable(key, name, value string) {
	text, why := t.text(value)
	switch {
	case !isVariable(name):
		t.miss(key+"."+name, "that is no variable's name")
	case why != "":
		t.miss(key+"."+name, why+"; setup_commands can export it")
	default:
		t.words = append(t.words, "--env="+name+"="+text)
	}
}

// options takes what becomes options of docker run.
func (t *translation) options(d devcontainerFile) {
	for _, m := range d.Mounts {
		t.mount(m)
	}
	for _, c := range d.CapAdd {
		t.option("capAdd", "--cap-add=", string(c))
	}
	for _, o := range d.SecurityOpt {
		t.option("securityOpt", "--security-opt=", string(o))
	}
	if d.Privileged {
		t.words = append(t.words, "--privileged")
	}
	var args []string
	for _, arg := range d.RunArgs {
		args = append(args, string(arg))
	}
	for i, arg := range args {
		// Without its value an option would take the next one for it.
		if next := i + 1; next < len(args) && bareOption(arg) && !strings.HasPrefix(args[next], "-") {
			if _, why := t.text(args[next]); why != "" {
				continue
			}
		}
		if _, why := t.text(arg); why != "" && i > 0 && bareOption(args[i-1]) && !strings.HasPrefix(arg, "-") {
			t.miss("runArgs "+args[i-1]+" "+arg, why)
			continue
		}
		t.option("runArgs", "", arg)
	}
	for _, raw := range d.ForwardPorts {
		t.port("forwardPorts", raw)
	}
	for _, raw := range d.AppPort {
		t.port("appPort", raw)
	}
}

// bareOption says whether a word is an option whose value, if it has one, is the next word.
func bareOption(word string) bool {
	return strings.HasPrefix(word, "-") && !strings.Contains(word, "=")
}

// option takes a value of key as the end of a word of docker run's.
func (t *translation) option(key, word, value string) {
	text, why := t.text(value)
	if why != "" {
		t.miss(key+" "+value, why)
		return
	}
	t.words = append(t.words, word+text)
}

// port takes a number, or a mapping as docker's.
func (t *translation) port(key string, raw json.RawMessage) {
	var value string
	if json.Unmarshal(raw, &value) != nil {
		value = string(raw)
	}
	port, why := t.text(value)
	if why != "" {
		t.miss(key+" "+value, why)
		return
	}
	plain := withoutTemplates(port, "1")
	if !strings.Contains(plain, ":") {
		number, _, _ := strings.Cut(port, "/")
		port = number + ":" + port
		plain = withoutTemplates(port, "1")
	}
	if host, _, _ := strings.Cut(plain, ":"); strings.ContainsFunc(host, unicode.IsLetter) {
		t.leave(key+" "+port, "it is another container's")
		return
	}
	if _, _, err := runargs.Port(plain); err != nil {
		t.miss(key+" "+value, err.Error())
		return
	}
	if !slices.Contains(t.ports, port) {
		t.ports = append(t.ports, port)
	}
}

// withoutTemplates has a text in the place of each variable that ctenv writes.
func withoutTemplates(s, text string) string {
	return regexp.MustCompile(`\$\{[^}]*\}`).ReplaceAllString(s, text)
}

// mountFields are those of a mount as docker writes it, by their long names.
func mountFields(text string) map[string]string {
	fields := map[string]string{}
	for field := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "src":
			name = "source"
		case "dst", "destination":
			name = "target"
		case "ro":
			name = "readonly"
		}
		fields[name] = value
	}
	return fields
}

// mount takes one of mounts: a text as docker's --mount, or an object.
func (t *translation) mount(raw json.RawMessage) {
	fields := map[string]string{}
	var text string
	var object map[string]any
	switch {
	case json.Unmarshal(raw, &text) == nil:
		fields = mountFields(text)
	case json.Unmarshal(raw, &object) == nil:
		for name, value := range object {
			fields[name] = fmt.Sprint(value)
		}
	default:
		t.miss("mounts "+string(raw), "it is not a mount")
		return
	}
	what := "mounts " + fields["target"]
	source, why := t.text(fields["source"])
	target, whyTarget := t.text(fields["target"])
	why = cmp.Or(why, whyTarget, mountTrouble(fields["type"], source, target))
	if why != "" {
		t.miss(what, why)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains([]string{"type", "source", "target", "readonly", "consistency"}, name) {
			t.miss(what+" "+name, "the mount is made without it")
		}
	}
	if fields["type"] == "tmpfs" {
		t.words = append(t.words, "--tmpfs="+target)
		return
	}
	if _, ro := fields["readonly"]; ro && fields["readonly"] != "false" {
		target += ":ro"
	}
	t.words = append(t.words, "--volume="+source+":"+target)
}

// mountTrouble is why a mount has no form in volumes, or "".
func mountTrouble(kind, source, target string) string {
	source, target = withoutTemplates(source, "/v"), withoutTemplates(target, "/v")
	switch {
	case !path.IsAbs(target) || path.Clean(target) == "/" || strings.Contains(target, ":"):
		return "its target is no plain path in the container"
	case kind == "tmpfs":
	case kind != "bind" && kind != "volume" && kind != "":
		return "volumes are binds and named volumes"
	case source == "" && kind == "bind":
		return "it names no source"
	case source == "":
		return "a volume without a name is gone with the container; name it"
	case strings.Contains(source, ":"):
		return "its source holds a colon, which ends a path in volumes"
	case kind == "bind" && !path.IsAbs(source):
		return "its source is not an absolute path"
	}
	return ""
}
