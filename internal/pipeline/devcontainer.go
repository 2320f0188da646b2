package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/hint"
	"ctenv/internal/host"
	"ctenv/internal/look"
	"ctenv/internal/runline"
	"ctenv/internal/starter"
)

// AnyDevcontainer stands for the nearest one.
const AnyDevcontainer = "FILE"

// UseDevcontainer has a devcontainer.json take the place of the project's file: the one
// that is named, or the nearest one upward.
func (a *Caller) UseDevcontainer(file string) error {
	if len(a.Configs) > 0 {
		return hint.Usagef("--devcontainer and --config exclude each other")
	}
	if file == AnyDevcontainer {
		files := a.nearestDevcontainers()
		switch len(files) {
		case 0:
			return &config.Error{Msg: "there is no devcontainer.json here, nor further up", Hint: "name it: --devcontainer=FILE"}
		case 1:
			file = files[0]
		default:
			return &config.Error{Msg: "there are several devcontainers: " + strings.Join(files, ", "), Hint: "name one: --devcontainer=FILE"}
		}
	}
	file, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	if _, err := os.Stat(file); err != nil {
		return &config.Error{Msg: fmt.Sprintf("--devcontainer: %q does not exist", file), Hint: "name a devcontainer.json"}
	}
	a.Devcontainer = file
	if a.ProjectDir == "" {
		a.ProjectDir = starter.DevcontainerProject(file)
	}
	return nil
}

// nearestDevcontainers looks in -p's directory, else from the current one upward.
func (a *Caller) nearestDevcontainers() []string {
	if a.ProjectDir != "" {
		return starter.DevcontainersIn(a.ProjectDir)
	}
	here, err := os.Getwd()
	if err != nil {
		return nil
	}
	home := host.Real(a.Getenv("HOME"))
	return starter.NearestDevcontainers(here, func(dir string) bool { return host.Real(dir) == home })
}

// translateDevcontainer writes it as a file of ours, and says what is left out. What its
// features would install is missed by every command, so that is a mistake.
func (a *Caller) translateDevcontainer(h look.Host, data []byte) ([]byte, error) {
	project, err := filepath.Abs(a.ProjectDir)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(host.Real(filepath.Dir(a.Devcontainer)), filepath.Base(a.Devcontainer))
	found, features, err := starter.Devcontainer(host.Real(project), file, data, Machine(h, project))
	if err != nil {
		return nil, &config.Error{Msg: fmt.Sprintf("%q: %v", a.Devcontainer, err), Hint: "ctenv init writes a file to start with"}
	}
	if len(features) > 0 {
		return nil, &config.Error{Msg: fmt.Sprintf("%q has features, which ctenv does not install: %s", a.Devcontainer, strings.Join(features, ", ")),
			Hint: "ctenv init writes a file, to which packages and image_commands add what they bring"}
	}
	for _, left := range found.Left {
		say := a.Detail
		if slices.Contains(found.Missed, left) && !a.LostQuietly {
			say = a.Warn
		}
		say("not taken over: %s", left)
	}
	return []byte(found.File(starter.SchemaName)), nil
}

// Machine is what a devcontainer.json is held against.
func Machine(h look.Host, project string) starter.Machine {
	h.ProjectDir, h.RealProjectDir = project, host.Real(project)
	h.Groups, _ = host.Groups() // without them, groups that are asked for are left out
	return starter.Machine{CPUs: runtime.NumCPU(), Memory: host.Memory(), Storage: host.Free(project), Check: func(s runline.Setting) error {
		return checkSetting(h, s.Key, s.Value)
	}}
}
