package runline

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ctenv/internal/runargs"
	"ctenv/internal/tomltext"
)

// Container is the configuration of a line.
type Container struct {
	Name string
	keys []Setting
	// Left is what is not taken over, each with the reason.
	Left []string
}

// From reads a line, which one word is for a shell to take apart. cwd is where it would
// be called, which becomes the project.
func From(words []string, cwd string) (Container, error) {
	var lost []string
	if len(words) == 1 {
		var err error
		if words, lost, err = split(words[0]); err != nil {
			return Container{}, err
		}
	} else {
		words = slices.Clone(words)
		for i, w := range words {
			words[i] = literal(w)
		}
	}
	c, err := parse(words)
	if err != nil {
		return Container{}, err
	}
	b := builder{cwd: cwd, lists: map[string][]string{}, scalars: map[string]string{}, tables: map[string][]string{}}
	for _, o := range c.options {
		b.take(o)
	}
	for _, word := range c.unknown {
		b.leave(word, "ctenv does not know it")
	}
	b.left = append(b.left, lost...)
	b.command(c)
	return b.container(c.image), nil
}

// builder collects what the options mean.
type builder struct {
	cwd     string
	scalars map[string]string   // TOML values
	lists   map[string][]string // texts
	tables  map[string][]string // TOML entries
	left    []string
	missed  []string // those of left that a command may miss
	beside  bool     // the project is mounted besides: no volume is its mount
	check   Check    // nil for none

	name, target, workdir, entrypoint string
	entrypointSet, interactive        bool
}

func (b *builder) leave(what, why string) {
	b.anyway(what, why)
	b.missed = append(b.missed, what+": "+why)
}

// anyway leaves out what no command misses.
func (b *builder) anyway(what, why string) { b.left = append(b.left, what+": "+why) }

// Check says what is wrong with a key's value, which is TOML.
type Check func(Setting) error

// wrong is what is wrong with the keys that an option becomes by itself.
func (b *builder) wrong(o option) error {
	if b.check == nil {
		return nil
	}
	alone := builder{cwd: b.cwd, lists: map[string][]string{}, scalars: map[string]string{}, tables: map[string][]string{}, beside: b.beside}
	alone.take(o)
	if alone.workdir != "" {
		alone.scalars["workdir"] = tomltext.Quote(alone.workdir)
	}
	for _, s := range alone.settings() {
		if err := b.check(s); err != nil {
			return err
		}
	}
	return nil
}

// take sees to one option.
func (b *builder) take(o option) {
	word := "--" + o.Name
	if o.Value {
		word += "=" + o.value
	}
	if on, err := strconv.ParseBool(o.value); !o.Value && err != nil {
		b.leave(word+"="+o.value, "want true or false")
		return
	} else if !o.Value {
		o.value = strconv.FormatBool(on)
	}
	if err := b.wrong(o); err != nil {
		b.leave(word, err.Error())
		return
	}
	if !o.Value && o.value == "false" && soAnyway[o.Name] != "" {
		b.not(o.Name)
		return
	}
	switch o.Name {
	case "rm", "init", "interactive", "sig-proxy", "tty":
		b.interactive = b.interactive || o.Name == "tty" || o.Name == "interactive"
		b.anyway(word, soAnyway[o.Name])
	case "detach":
		if o.value == "true" {
			b.scalars["detach"] = "true"
		}
	case "name":
		b.name = o.value
		b.scalars["name"] = tomltext.Quote(o.value)
	case "hostname", "network", "platform", "pull":
		b.scalars[o.Name] = tomltext.Quote(o.value)
	case "workdir":
		b.workdir = o.value
	case "entrypoint":
		b.entrypoint, b.entrypointSet = o.value, true
	case "user":
		b.anyway(word, "the command runs as you; sudo = true lets it become root")
	case "group-add":
		b.lists["groups"] = append(b.lists["groups"], o.value)
	case "env":
		b.lists["env"] = append(b.lists["env"], o.value)
	case "label":
		b.entry("labels", o.value)
	case "ulimit":
		b.entry("ulimits", o.value)
	case "volume":
		b.volume(o.value)
	case "publish":
		b.publish(o, word)
	default:
		b.other(o, word)
	}
}

// entry sets a name of a table, whose last value counts.
func (b *builder) entry(table, entry string) {
	name, value, _ := strings.Cut(entry, "=")
	name = tomltext.Quote(name) + " = "
	b.tables[table] = slices.DeleteFunc(b.tables[table], func(e string) bool { return strings.HasPrefix(e, name) })
	b.tables[table] = append(b.tables[table], name+tomltext.Quote(value))
}

// soAnyway are options that say what every run does.
var soAnyway = map[string]string{
	"rm":          "the container is removed afterwards anyway",
	"init":        "every container has the engine's init",
	"interactive": "stdin is connected anyway",
	"sig-proxy":   "every signal is passed on",
	"tty":         "there is a terminal where yours is one",
}

// not sees to a switch that is turned off.
func (b *builder) not(name string) {
	switch name {
	case "interactive":
		b.scalars["stdin"] = "false"
	case "tty":
		b.scalars["tty"] = "false"
	default:
		b.leave("--"+name+"=false", soAnyway[name])
	}
}

// other is an option without a key: run_args takes it, or nothing does.
func (b *builder) other(o option, word string) {
	volume, mine := b.projectMount(o.value)
	switch {
	case o.Instead != "":
		b.leave(word, o.Instead)
		return
	case o.Name == "mount" && mine:
		b.volume(volume)
		return
	case o.Name == "userns" && strings.HasPrefix(o.value, "keep-id"):
		b.anyway(word, "the command runs as you, and its files are yours")
		return
	}
	if !o.Value {
		word += "=" + o.value
	}
	// A template cannot be checked before it is resolved.
	if _, err := runargs.Parse([]string{word}); err != nil && !strings.Contains(word, "${") {
		b.leave(word, strings.TrimPrefix(strings.TrimPrefix(err.Error(), "run_args: "), word+": "))
		return
	}
	if !o.Value && o.value == "true" {
		word = "--" + o.Name
	}
	b.lists["run_args"] = append(b.lists["run_args"], word)
}

// publish is a port. One without an address is for all who reach this machine, with
// docker.
func (b *builder) publish(o option, word string) {
	arg, _, err := runargs.Port(o.value)
	if err != nil { // a template, or docker's long form
		b.other(o, word)
		return
	}
	if !slices.Contains(b.lists["ports"], o.value) {
		b.lists["ports"] = append(b.lists["ports"], o.value)
	}
	if arg.Value != o.value {
		b.anyway(word+" on every address of this machine", "ports are published on 127.0.0.1; \"0.0.0.0:HOST:CONTAINER\" is for other machines")
	}
}

// command is what runs. Docker gives it to the image's ENTRYPOINT.
func (b *builder) command(c command) {
	args := c.args
	if b.entrypointSet && b.entrypoint != "" {
		args = append([]string{b.entrypoint}, args...)
	}
	switch {
	case len(args) > 0:
		b.scalars["command"] = tomltext.Array(args)
		if !b.entrypointSet && strings.HasPrefix(args[0], "-") { // no command: options for the image's
			b.scalars["image_entrypoint"] = "true"
		} else if !b.entrypointSet {
			b.leave("the image's ENTRYPOINT", "not run; image_entrypoint = true runs it")
		}
	case b.interactive && b.scalars["detach"] == "":
		b.leave("the image's command", "without one, ctenv runs a shell; image_entrypoint = true runs the image's")
	default:
		b.scalars["image_entrypoint"] = "true"
	}
}

// keyOrder is the order of the keys in the file.
var keyOrder = []string{
	"image", "command", "image_entrypoint", "project_target", "auto_project_mount", "volumes", "workdir", "env",
	"groups", "tty", "stdin", "detach", "name", "hostname", "network", "ports", "platform", "ulimits", "labels", "run_args", "pull",
}

// Setting is a key and its value in TOML.
type Setting struct{ Key, Value string }

// Taken is what options mean.
type Taken struct {
	Keys   []Setting
	Left   []string // what is left out, each with the reason
	Missed []string // those of Left that a command may miss
}

// Options reads options of docker run that another file has, in which templates are ours.
// ports are further ones, as the key ports has them. What is no option, and what check
// refuses, is left out alone.
func Options(words, ports []string, check Check) Taken {
	b := builder{lists: map[string][]string{}, scalars: map[string]string{}, tables: map[string][]string{}, beside: true, check: check}
	for _, port := range ports {
		if err := b.checked("ports", port); err != nil {
			b.leave("port "+port, err.Error())
			continue
		}
		b.lists["ports"] = append(b.lists["ports"], port)
	}
	var c command
	for len(words) > 0 {
		word := words[0]
		rest, err := words[1:], fmt.Errorf("it is no option")
		if strings.HasPrefix(word, "-") {
			if rest, err = c.option(word, words[1:]); err == nil {
				words = rest
				continue
			}
			rest = words[1:]
			if len(rest) > 0 && !strings.HasPrefix(rest[0], "-") && !strings.Contains(word, "=") { // its value, it seems
				word, rest = word+" "+rest[0], rest[1:]
			}
		}
		b.leave(word, err.Error())
		words = rest
	}
	for _, o := range c.options {
		b.take(o)
	}
	for _, word := range c.unknown {
		b.leave(word, "ctenv does not know it")
	}
	if b.entrypointSet {
		b.leave("--entrypoint="+b.entrypoint, "command says what runs")
	}
	if b.workdir != "" {
		b.scalars["workdir"] = tomltext.Quote(b.workdir)
	}
	return Taken{Keys: b.settings(), Left: b.left, Missed: b.missed}
}

// checked is what is wrong with an item of a list.
func (b *builder) checked(key, item string) error {
	if b.check == nil {
		return nil
	}
	return b.check(Setting{key, tomltext.Array([]string{item})})
}

func (b *builder) container(image string) Container {
	b.scalars["image"] = tomltext.Quote(image)
	target, _, _ := strings.Cut(b.target, ":")
	if b.target == "" {
		b.scalars["auto_project_mount"] = "false"
	} else {
		b.scalars["project_target"] = tomltext.Quote(b.target)
	}
	switch {
	case b.workdir != "" && path.Clean(b.workdir) != path.Clean(target):
		b.scalars["workdir"] = tomltext.Quote(b.workdir)
	case b.workdir == "":
		b.leave("the image's WORKDIR", "workdir says where the command starts")
		if b.target == "" { // docker's, where the image names none; a read-only root has no other
			b.scalars["workdir"] = tomltext.Quote("/")
		}
	}
	return Container{Name: containerName(b.name, image), keys: b.settings(), Left: b.left}
}

// settings are the keys in their order.
func (b *builder) settings() (out []Setting) {
	for _, key := range keyOrder {
		switch {
		case b.scalars[key] != "":
			out = append(out, Setting{key, b.scalars[key]})
		case len(b.lists[key]) > 0:
			out = append(out, Setting{key, tomltext.Array(b.lists[key])})
		case len(b.tables[key]) > 0:
			out = append(out, Setting{key, "{ " + strings.Join(b.tables[key], ", ") + " }"})
		}
	}
	return out
}

// containerName is that of --name, else the last part of the image's.
func containerName(name, image string) string {
	template := regexp.MustCompile(`\$\{[^}]*\}`) // a value that is known only when ctenv runs
	if name == "" {
		image, _, _ = strings.Cut(template.ReplaceAllString(image, ""), "@")
		name, _, _ = strings.Cut(path.Base(image), ":")
	}
	name = strings.Trim(template.ReplaceAllString(name, ""), "-_.")
	var b strings.Builder
	for _, r := range name {
		if r < 0x80 && (r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 {
		return "dev"
	}
	return b.String()
}

// File is the container as a .ctenv.toml.
func (c Container) File() string {
	var b strings.Builder
	fmt.Fprintf(&b, "[containers.%s]\n", c.Name)
	for _, s := range c.keys {
		fmt.Fprintf(&b, "%s = %s\n", s.Key, s.Value)
	}
	if len(c.Left) > 0 {
		b.WriteString("\n# Not taken over:\n")
		for _, left := range c.Left {
			fmt.Fprintf(&b, "#   %s\n", tomltext.Comment(left))
		}
	}
	return b.String()
}
