package starter

import (
	"slices"
	"strings"
	"testing"
)

func TestDevcontainer(t *testing.T) {
	for _, tt := range []struct {
		name, json string // what follows the image
		keys       string // one a line
		left       string // one a line; those that a command may miss start with !
	}{
		{"a socket is no path of the project's", `"mounts": ["source=/var/run/docker.sock,target=/s,type=bind"], "runArgs": ["-v", "/data:/d:ro"]`,
			`volumes = ["/var/run/docker.sock:/s", "/data:/d:ro"]`, ""},
		{"a volume without a name", `"mounts": [{"type":"volume","target":"/anon"}], "runArgs": ["-v", ":/b", "-v", "/c"]`,
			"", "!mounts /anon: a volume without a name is gone with the container; name it\n" +
				"!--volume=:/b: a volume without a name is gone with the container; name it, as in cache:/b\n" +
				"!--volume=/c: a volume without a name is gone with the container; name it, as in cache:/c"},
		{"the project at a second place", `"mounts": ["source=${localWorkspaceFolder},target=/z,type=bind"], "runArgs": ["-v", ".:/y"]`,
			`volumes = ["./:/z", "./:/y"]`, ""},
		{"a command that is none", `"postCreateCommand": 5`, "", "!postCreateCommand: it is no command"},
		{"the usual place", `"workspaceMount": "source=${localWorkspaceFolder},target=/workspaces/${localWorkspaceFolderBasename},type=bind", "workspaceFolder": "/workspaces/${localWorkspaceFolderBasename}/sub",
			"containerEnv": {"A": "${containerWorkspaceFolder}", "B": "${containerWorkspaceFolderBasename}"}`,
			"workdir = \"/workspaces/app/sub\"\nproject_target = \"/workspaces/app\"\nenv = [\"A=/workspaces/app/sub\", \"B=sub\"]", ""},
		{"a place that cannot be known", `"workspaceMount": "source=${localWorkspaceFolder},target=/w/${localEnv:X},type=bind", "workspaceFolder": "/w/${devcontainerId}"`,
			"", "!workspaceMount: \"/w/${localEnv:X}\" is no plain path in the container\n!workspaceFolder: ${devcontainerId} is a variable that ctenv does not know"},
		{"ports from all sides", `"runArgs": ["-p", "127.0.0.1:9000:90"], "forwardPorts": [3000, "3000-3002", "${localEnv:P:80}", "db:5432", 70000], "appPort": ["8080:80/udp", "1:2:3:4", 3000]`,
			`ports = ["3000:3000", "3000-3002:3000-3002", "${env.P|default:80}:${env.P|default:80}", "8080:80/udp", "127.0.0.1:9000:90"]`,
			"forwardPorts db:5432: it is another container's\n!forwardPorts 70000: *\n!appPort 1:2:3:4: *"},
		{"a shell's variables", `"postCreateCommand": "x=${name}; echo ${HOME} ${A:-${HOME}} ${localEnv:B} $C ${", "postStartCommand": ["echo", "${USER}"]`,
			`setup_commands = ["x=$${name}; echo $${HOME} $${A:-$${HOME}} ${env.B|default:} $C $${", "'echo' '$${USER}'"]`, ""},
		{"odd values", `"containerEnv": {"A": "${localEnv:B:c|d}", "B": "${x", "C": "${localEnv:}", "D": "a\u0000", "": "e", "F": "$${localEnv:B}", "G": "${own}"}`,
			`env = ["G=$${own}"]`, "!containerEnv.: that is no variable's name\n!containerEnv.A: the default of ${localEnv:B:c|d} holds a |, which ends a default here; setup_commands can export it\n" +
				"!containerEnv.B: it has a ${ without its }; setup_commands can export it\n!containerEnv.C: ${localEnv:} names no variable; setup_commands can export it\n" +
				"!containerEnv.D: it holds a NUL byte; setup_commands can export it\n!containerEnv.F: a $ before a ${ keeps it from being a variable here; setup_commands can export it"},
		{"odd mounts", `"mounts": ["source=/a:b,target=/a,type=bind", "source=c,target=/c,type=bind", "source=d,target=d", "source=/r,target=/,type=bind", {"type":"volume","source":"e","target":"/e","readonly":true}, "type=image,source=x,target=/i", 1]`,
			`volumes = ["e:/e:ro"]`, "!mounts /a: its source holds a colon, which ends a path in volumes\n!mounts /c: its source is not an absolute path\n" +
				"!mounts d: its target is no plain path in the container\n!mounts /: its target is no plain path in the container\n!mounts /i: volumes are binds and named volumes\n!mounts 1: it is not a mount"},
		{"what a mount loses", `"mounts": ["source=/a,target=/a,type=bind,bind-propagation=rshared", "source=n,target=/n,volume-opt=type=nfs,consistency=cached", "type=tmpfs,target=/t,tmpfs-size=1"]`,
			"volumes = [\"/a:/a\", \"n:/n\"]\nrun_args = [\"--tmpfs=/t\"]",
			"!mounts /a bind-propagation: the mount is made without it\n!mounts /n volume-opt: the mount is made without it\n!mounts /t tmpfs-size: the mount is made without it"},
		{"no place", `"workspaceFolder": "/"`, "", "!workspaceFolder: \"/\" is no plain path in the container"},
		{"where to start", `"runArgs": ["-w", "/x"]`, `workdir = "/x"`, ""},
		{"where to start, twice", `"workspaceFolder": "/w", "runArgs": ["-w", "/x"]`, `project_target = "/w"`, "runArgs --workdir=\"/x\": workspaceFolder says where the command starts"},
		{"an option and its value", `"runArgs": ["--init", "--name", "x-${devcontainerId}", "--hostname", "h", "--label=${devcontainerId}"]`,
			`hostname = "h"`, "!runArgs --name x-${devcontainerId}: ${devcontainerId} is a variable that ctenv does not know\n" +
				"!runArgs --label=${devcontainerId}: ${devcontainerId} is a variable that ctenv does not know\n--init: every container has the engine's init"},
		{"what an editor has", `"name": "x", "customizations": {}, "overrideCommand": true, "initializeCommand": "x", "postAttachCommand": "y", "what": 1`,
			"", "customizations: it is an editor's\n!initializeCommand: ctenv runs nothing on this machine\nname: it is a title\noverrideCommand: command says what runs\n" +
				"!postAttachCommand: nothing attaches; setup_commands run before the command\n!what: there is no key for it"},
		{"what this machine is to have", `"hostRequirements": {"cpus": 4, "memory": "8gb", "storage": "1tb", "gpu": "optional"}`, "",
			"!hostRequirements.cpus: 4 are wanted, and this machine has 2\n!hostRequirements.storage: 1tb are wanted, and 100.0gb are free here\n" +
				"hostRequirements.gpu: run_args = [\"--gpus=all\"] gives the container those of the machine"},
		{"what it has, and what is no number", `"hostRequirements": {"cpus": "2", "memory": "much", "storage": "64gb", "gpu": {"cores": 1}}`, "",
			"hostRequirements.memory: \"much\" is no number of them\n!hostRequirements.gpu: run_args = [\"--gpus=all\"] gives the container those of the machine"},
		{"other kinds of values", `"containerEnv": {"A": 1, "B": true}, "forwardPorts": 3000, "capAdd": "SYS_PTRACE", "runArgs": "--init", "privileged": "true"`,
			"env = [\"A=1\", \"B=true\"]\nports = [\"3000:3000\"]\nrun_args = [\"--cap-add=SYS_PTRACE\"]",
			"!privileged: its value, or one in it, is of another kind than the format has there\n--init: every container has the engine's init"},
		{"options that are none", `"runArgs": ["--what", "x", "extra", "--memory=1g", "-e"]`, `run_args = ["--memory=1g"]`,
			"!--what x: *\n!extra: it is no option\n!-e: *"},
		{"what a build loses", `"image": "", "build": {"dockerfile": "D", "options": ["--x"], "cacheFrom": "y", "args": {"A": "${containerEnv:X}", "b c": "1", "C": "${containerWorkspaceFolder}"}}`,
			"", "!build.args.A: ${containerEnv:X} is a variable that ctenv does not know\n!build.args.b c: that is no variable's name\n!build.options: there is no key for it\nbuild.cacheFrom: there is no key for it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _, err := Devcontainer("/home/alice/app", "/home/alice/app/.devcontainer.json", []byte(`{"image": "x", `+tt.json+`}`),
				Machine{CPUs: 2, Memory: 8e9, Storage: 1e11})
			if err != nil {
				t.Fatal(err)
			}
			var keys []string
			for _, k := range s.Keys {
				keys = append(keys, k.Key+" = "+k.Value)
			}
			if got := strings.Join(keys, "\n"); got != tt.keys {
				t.Errorf("keys\ngot  %s\nwant %s", got, tt.keys)
			}
			var left []string
			for i, l := range s.Left {
				if slices.Contains(s.Missed, l) {
					l = "!" + l
				}
				// The words of a library's error are its own.
				if want := strings.Split(tt.left, "\n"); i < len(want) && strings.HasSuffix(want[i], ": *") && strings.HasPrefix(l, want[i][:len(want[i])-1]) {
					l = want[i]
				}
				left = append(left, l)
			}
			if got := strings.Join(left, "\n"); got != tt.left {
				t.Errorf("left\ngot  %s\nwant %s", got, tt.left)
			}
		})
	}
}

func TestDevcontainerWithoutImage(t *testing.T) {
	for _, json := range []string{`{"image": "a${localEnv:X}"}`, `{"build": {"dockerfile": "${localWorkspaceFolder}/D"}}`, `{"image": "a\u0000"}`, `{"build": {"dockerfile": "D", "target": "${localEnv:X}"}}`} {
		if s, _, err := Devcontainer("/p", "/p/.devcontainer.json", []byte(json), Machine{}); err == nil || !strings.Contains(err.Error(), "its image, or what to build it from, ") {
			t.Errorf("%s: %v, %+v", json, err, s)
		}
	}
}

// As editors write and read it.
func TestDevcontainerForm(t *testing.T) {
	for _, json := range []string{"\ufeff{\"image\": \"a\"}", "// a\n/* b */ {\"image\": \"a\",}\n// the end", "{\"image\": \"a\"} //"} {
		if s, _, err := Devcontainer("/p", "/p/.devcontainer.json", []byte(json), Machine{}); err != nil || s.Image != "a" {
			t.Errorf("%q: %v, %+v", json, err, s)
		}
	}
	for _, json := range []string{`[]`, `"a"`, `1`} {
		if _, _, err := Devcontainer("/p", "/p/.devcontainer.json", []byte(json), Machine{}); err == nil || err.Error() != "it is no JSON object" {
			t.Errorf("%s: %v", json, err)
		}
	}
}
