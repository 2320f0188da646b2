package starter

import (
	"encoding/json"
	"errors"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

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
	plain, err := standard(data)
	if err == nil {
		err = json.Unmarshal(plain, &d)
	}
	return s, slices.Sorted(maps.Keys(d.Features)), err
}

func translate(name, base string, data []byte, m Machine) (Starter, error) {
	plain, err := standard(data)
	if err != nil {
		return Starter{}, err
	}
	var d devcontainerFile
	var all map[string]json.RawMessage
	if err := json.Unmarshal(plain, &all); err != nil {
		return Starter{}, errors.New("it is no JSON object")
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
	for _, key := range slices.Sorted(maps.Keys(all)) {
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
	for _, key := range slices.Sorted(maps.Keys(all)) {
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

// leave leaves out what no command misses.
func (t *translation) leave(what, why string) { t.Left = append(t.Left, what+": "+why) }

// miss leaves out what a command may miss.
func (t *translation) miss(what, why string) {
	t.leave(what, why)
	t.Missed = append(t.Missed, what+": "+why)
}

func (t *translation) key(key, value string) {
	t.Keys = append(t.Keys, runline.Setting{Key: key, Value: value})
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
		t.key("setup_commands", tomltext.Array(t.setup))
	}
}
