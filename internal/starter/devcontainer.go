package starter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/tailscale/hujson"

	"ctenv/internal/runargs"
	"ctenv/internal/runline"
	"ctenv/internal/tomltext"
)

// devcontainerFile is what a devcontainer.json can say and a key of ours can too
// (https://containers.dev/implementors/json_reference/).
type devcontainerFile struct {
	Image      string
	Dockerfile string
	Context    string
	Build      struct {
		Dockerfile, Context, Target string
		Args                        map[string]scalar
		Options, CacheFrom          json.RawMessage
	}
	DockerComposeFile json.RawMessage
	Mounts            several[json.RawMessage]
	ContainerEnv      map[string]scalar
	RemoteEnv         map[string]*scalar
	RunArgs           several[scalar]
	ForwardPorts      several[json.RawMessage]
	AppPort           several[json.RawMessage]
	CapAdd            several[scalar]
	SecurityOpt       several[scalar]
	Privileged        bool
	WorkspaceFolder   string
	WorkspaceMount    string
	HostRequirements  json.RawMessage

	OnCreateCommand, UpdateContentCommand, PostCreateCommand, PostStartCommand json.RawMessage
}

// instead is why a key of a devcontainer.json is not taken over, and what is there for it.
var instead = map[string]string{
	"features":             "packages and image_commands install what they bring",
	"remoteuser":           "the command runs as you",
	"containeruser":        "the command runs as you",
	"updateremoteuseruid":  "the command runs as you",
	"initializecommand":    "ctenv runs nothing on this machine",
	"postattachcommand":    "nothing attaches; setup_commands run before the command",
	"overridecommand":      "command says what runs",
	"init":                 "every container has the engine's init",
	"portsattributes":      "it is an editor's",
	"otherportsattributes": "it is an editor's",
	"userenvprobe":         "it is an editor's",
	"waitfor":              "every command is waited for",
	"customizations":       "it is an editor's",
	"extensions":           "it is an editor's",
	"settings":             "it is an editor's",
	"name":                 "it is a title",
	"$schema":              "it is an editor's",
	"service":              "it is for a compose file",
	"runservices":          "it is for a compose file",
	"shutdownaction":       "a run ends with its command; ctenv stop ends one that stays",
}

// taken are the keys that become ours.
var taken = []string{"image", "dockerfile", "context", "build", "mounts", "containerenv", "remoteenv", "runargs", "forwardports", "appport",
	"capadd", "securityopt", "privileged", "workspacefolder", "workspacemount", "hostrequirements",
	"oncreatecommand", "updatecontentcommand", "postcreatecommand", "poststartcommand"}

// translation is a devcontainer.json in our words.
type translation struct {
	Starter
	dir       string // of its file, below the project
	base      string // the name of the project's directory, "" where it is not to be known
	target    string // of the project
	directory string // where the command starts
	ports     []string
	setup     []string // commands
	words     []string // options of docker run
}

// devcontainers are the files of that kind, the usual ones first.
func (p project) devcontainers() []string {
	names := slices.Clone(DevcontainerNames)
	entries, _ := fs.ReadDir(p.dir, ".devcontainer")
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, ".devcontainer/"+e.Name()+"/devcontainer.json")
		}
	}
	var found []string
	for _, name := range names {
		if p.read(name) != nil {
			found = append(found, name)
		}
	}
	return found
}

// devcontainer is what the project's devcontainer.json says, and what there is to say of
// it. ok is false where it names nothing to run.
func (p project) devcontainer() (s Starter, said []string, ok bool) {
	files := p.devcontainers()
	if len(files) > 1 {
		said = append(said, fmt.Sprintf("there are several devcontainers; %s is taken, and not %s", files[0], strings.Join(files[1:], ", ")))
	}
	if len(files) == 0 {
		return s, said, false
	}
	s, err := translate(files[0], "", p.read(files[0]), p.machine)
	if err != nil {
		return s, append(said, fmt.Sprintf("%s is left out: %v", files[0], err)), false
	}
	return s, said, true
}

// Devcontainer is a devcontainer.json as a configuration. project and file are absolute,
// without symlinks; a file elsewhere has no paths to build from. features are those that
// it asks for, which nothing installs here.
func Devcontainer(project, file string, data []byte, m Machine) (s Starter, features []string, err error) {
	name, err := filepath.Rel(project, file)
	if err != nil {
		return s, nil, err
	}
	if s, err = translate(filepath.ToSlash(name), filepath.Base(project), data, m); err != nil {
		return s, nil, err
	}
	var d struct{ Features map[string]json.RawMessage }
	plain, err := hujson.Standardize(data)
	if err == nil {
		err = json.Unmarshal(plain, &d)
	}
	return s, slices.Sorted(mapKeys(d.Features)), err
}

// DevcontainerNames are where a project has a devcontainer.json, the usual place first.
var DevcontainerNames = []string{".devcontainer/devcontainer.json", ".devcontainer.json"}

func translate(name, base string, data []byte, m Machine) (Starter, error) {
	plain, err := hujson.Standardize(data)
	if err != nil {
		return Starter{}, err
	}
	var d devcontainerFile
	var all map[string]json.RawMessage
	if err := json.Unmarshal(plain, &all); err != nil {
		return Starter{}, err
	}
	bad := decodeEach(all, &d)
	if len(d.DockerComposeFile) > 0 {
		return Starter{}, errors.New("it is about services of a compose file, and a container of ctenv is one by itself")
	}
	t := &translation{Starter: Starter{Because: name}, dir: path.Dir(name), base: base}
	for _, key := range bad {
		t.miss(key, "its value, or one in it, is of another kind than the format has there")
	}
	t.place(d)
	if err := t.image(d); err != nil {
		return Starter{}, err
	}
	t.environment(d)
	t.options(d)
	t.commands(d)
	for _, key := range slices.Sorted(mapKeys(all)) {
		if lower := strings.ToLower(key); !slices.Contains(taken, lower) {
			switch why := instead[lower]; {
			case why == "":
				t.miss(key, "there is no key for it")
			case lower == "initializecommand" || lower == "postattachcommand":
				t.miss(key, why)
			default:
				t.leave(key, why)
			}
		}
	}
	t.requirements(d.HostRequirements, m)
	t.finish(d, m.Check)
	return t.Starter, nil
}

// decodeEach decodes each key by itself, and returns those that it cannot.
func decodeEach(all map[string]json.RawMessage, d *devcontainerFile) (bad []string) {
	for _, key := range slices.Sorted(mapKeys(all)) {
		one, err := json.Marshal(map[string]json.RawMessage{key: all[key]})
		if err == nil {
			err = json.Unmarshal(one, d)
		}
		if err != nil {
			bad = append(bad, key)
		}
	}
	return bad
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// leave leaves out what no command misses.
func (t *translation) leave(what, why string) { t.Left = append(t.Left, what+": "+why) }

// miss leaves out what a command may miss.
func (t *translation) miss(what, why string) {
	t.leave(what, why)
	t.Missed = append(t.Missed, what+": "+why)
}

// image takes image or build. Paths are relative to the file's own directory, those of the
// result to the project's.
func (t *translation) image(d devcontainerFile) error {
	for _, text := range []string{d.Image, d.Build.Dockerfile, d.Build.Context, d.Build.Target, d.Dockerfile, d.Context} {
		if strings.Contains(text, "${") {
			return fmt.Errorf("its image, or what to build it from, takes a variable: %q", text)
		}
		if strings.ContainsRune(text, 0) {
			return fmt.Errorf("its image, or what to build it from, %s: %q", nul, text)
		}
	}
	if d.Image != "" {
		t.Image = d.Image
		return nil
	}
	file, directory := d.Build.Dockerfile, d.Build.Context
	if file == "" {
		file, directory = d.Dockerfile, d.Context
	}
	if file == "" {
		return errors.New("it names neither an image nor a Dockerfile")
	}
	// As with docker: a context is the Dockerfile's directory unless it is given.
	t.Dockerfile, t.Target = path.Join(t.dir, file), d.Build.Target
	t.Context = path.Join(t.dir, directory)
	if directory == "" {
		t.Context = path.Dir(t.Dockerfile)
	}
	if !fs.ValidPath(t.Dockerfile) || !fs.ValidPath(t.Context) {
		return errors.New("its Dockerfile or context lies outside of the project")
	}
	for _, name := range slices.Sorted(mapKeys(d.Build.Args)) {
		value, why := t.text(string(d.Build.Args[name]))
		if !variableName.MatchString(name) {
			why = "that is no variable's name"
		}
		if why != "" {
			t.miss("build.args."+name, why)
			continue
		}
		t.Args = append(t.Args, tomltext.Quote(name)+" = "+tomltext.Quote(value))
	}
	if len(d.Build.Options) > 0 {
		t.miss("build.options", "there is no key for it")
	}
	if len(d.Build.CacheFrom) > 0 {
		t.leave("build.cacheFrom", "there is no key for it")
	}
	return nil
}

// place takes where the project is, and where the command starts.
func (t *translation) place(d devcontainerFile) {
	t.target = defaultTarget
	if d.WorkspaceMount != "" {
		fields := mountFields(d.WorkspaceMount)
		target, why := t.absolute(fields["target"])
		switch {
		case fields["source"] != "${localWorkspaceFolder}":
			t.miss("workspaceMount", "project_target mounts the project alone")
		case why != "":
			t.miss("workspaceMount", why)
		default:
			t.target = target
		}
	}
	t.directory = t.target
	if d.WorkspaceFolder != "" {
		switch directory, why := t.absolute(d.WorkspaceFolder); {
		case why != "":
			t.miss("workspaceFolder", why)
		case t.target == defaultTarget:
			t.target, t.directory = directory, directory
		case directory != t.target:
			t.directory = directory
			t.key("workdir", tomltext.Quote(directory))
		}
	}
	if t.target != defaultTarget {
		t.key("project_target", tomltext.Quote(t.target))
	}
}

// defaultTarget is where the project is unless project_target says otherwise.
const defaultTarget = "/repo"

func (t *translation) key(key, value string) {
	t.Keys = append(t.Keys, runline.Setting{Key: key, Value: value})
}

// absolute is a path in the container that is known now.
func (t *translation) absolute(value string) (p, why string) {
	p, why = t.text(value)
	switch {
	case why != "":
		return "", why
	case !path.IsAbs(p) || path.Clean(p) == "/" || strings.ContainsAny(p, "$:"):
		return "", fmt.Sprintf("%q is no plain path in the container", value)
	}
	return path.Clean(p), ""
}

// environment takes variables. Those of the container's tools are here the command's too.
func (t *translation) environment(d devcontainerFile) {
	for _, name := range slices.Sorted(mapKeys(d.ContainerEnv)) {
		t.variable("containerEnv", name, string(d.ContainerEnv[name]))
	}
	for _, name := range slices.Sorted(mapKeys(d.RemoteEnv)) {
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
	case !variableName.MatchString(name):
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
	plain := template.ReplaceAllString(port, "1")
	if !strings.Contains(plain, ":") {
		number, _, _ := strings.Cut(port, "/")
		port = number + ":" + port
		plain = template.ReplaceAllString(port, "1")
	}
	if host, _, _ := strings.Cut(plain, ":"); strings.ContainsFunc(host, unicode.IsLetter) {
		t.leave(key+" "+port, "it is another container's")
		return
	}
	if _, err := runargs.Port(plain); err != nil {
		t.miss(key+" "+value, err.Error())
		return
	}
	if !slices.Contains(t.ports, port) {
		t.ports = append(t.ports, port)
	}
}

// template is a variable as ctenv writes it.
var template = regexp.MustCompile(`\$\{[^}]*\}`)

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
		t.miss("mounts "+string(raw), "it is no mount")
		return
	}
	what := "mounts " + fields["target"]
	source, why := t.text(fields["source"])
	target, whyTarget := t.text(fields["target"])
	if why == "" {
		why = whyTarget
	}
	if why == "" {
		why = mountTrouble(fields["type"], source, target)
	}
	if why != "" {
		t.miss(what, why)
		return
	}
	for _, name := range slices.Sorted(mapKeys(fields)) {
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
	source, target = template.ReplaceAllString(source, "/v"), template.ReplaceAllString(target, "/v")
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
		return "its source is no absolute path"
	}
	return ""
}

// commands takes those that run before one's own. They run in each container, so the
// once of postCreateCommand is a container that stays.
func (t *translation) commands(d devcontainerFile) {
	for _, c := range []struct {
		name string
		raw  json.RawMessage
	}{{"onCreateCommand", d.OnCreateCommand}, {"updateContentCommand", d.UpdateContentCommand},
		{"postCreateCommand", d.PostCreateCommand}, {"postStartCommand", d.PostStartCommand}} {
		var object map[string]json.RawMessage
		raws := []json.RawMessage{c.raw}
		if json.Unmarshal(c.raw, &object) == nil {
			raws = nil
			for _, name := range slices.Sorted(mapKeys(object)) {
				raws = append(raws, object[name])
			}
		}
		for _, raw := range raws {
			if len(raw) > 0 {
				t.command(c.name, raw)
			}
		}
	}
}

func (t *translation) command(name string, raw json.RawMessage) {
	var text string
	var words []string
	switch {
	case json.Unmarshal(raw, &text) == nil:
	case json.Unmarshal(raw, &words) == nil:
		for i, w := range words {
			words[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		text = strings.Join(words, " ")
	default:
		t.leave(name, "it is no command")
		return
	}
	out, why := t.variables(text, true)
	if why != "" {
		t.miss(name, why)
		return
	}
	if out != "" {
		t.setup = append(t.setup, out)
	}
}

// finish has the options of docker run become keys.
func (t *translation) finish(d devcontainerFile, check runline.Check) {
	taken := runline.Options(t.words, t.ports, check)
	t.Left = append(t.Left, taken.Left...)
	t.Missed = append(t.Missed, taken.Missed...)
	for _, k := range taken.Keys {
		if k.Key == "workdir" && d.WorkspaceFolder != "" {
			t.leave("runArgs --workdir="+k.Value, "workspaceFolder says where the command starts")
			continue
		}
		t.Keys = append(t.Keys, k)
	}
	if len(t.setup) > 0 {
		t.key("setup_commands", array(t.setup))
	}
}

func array(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = tomltext.Quote(text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
