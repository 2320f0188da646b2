package config

import (
	"iter"
	"slices"
)

// Kind says which values a key takes.
type Kind int

const (
	KindString     Kind = iota
	KindBool            // true or false
	KindBoolOrAuto      // true, false or "auto"
	KindList            // an array of strings
	KindEnv             // an array of strings, or a table
	KindNames           // a string, or an array of strings
	KindGroups          // an array of strings and integers
	KindCommand         // a string, or an array of strings
	KindTable           // a table of strings
	KindUlimits         // a table of limits, see ParseUlimit
	KindPackages        // an array of strings, or a table of such for package managers
	KindKeys            // a table with keys of its own
	KindIgnored         // anything; an old key without a meaning today
)

// Key describes one key of [defaults] and [containers.NAME]. The decoder, the
// merge, the rows of `config show`, the JSON Schema and the reference page come
// from the same table of them.
type Key struct {
	Name    string
	Old     []string // names that older files use for it
	Kind    Kind
	Default string   // the built-in value; "" where there is none
	Unset   string   // what holds where nothing is set and Default is ""
	Values  []string // the allowed ones; empty for any
	Doc     string   // one line
	Like    string   // a value, as a file would write it
	Keys    []Key    // of a KindKeys
	// ContainersOnly: it would mean nothing for all at once, in [defaults].
	ContainersOnly bool

	// field gives a pointer to the key's field: *String, *Value[bool],
	// *[]String, *[]Entry, *Packages, *Command or *Build; nil for KindIgnored.
	field func(*Container) any
}

// Keys are all keys, in the order in which they are shown.
func Keys() []Key { return keys }

// Strings are the keys of c that have one text each, by name.
func (c *Container) Strings() iter.Seq2[string, *String] {
	return func(yield func(string, *String) bool) {
		for _, k := range keys {
			if k.field == nil {
				continue
			}
			if s, ok := k.field(c).(*String); ok && !yield(k.Name, s) {
				return
			}
		}
	}
}

// DefaultTag is the name of an image that is built.
const DefaultTag = "ctenv-${project_dir|slug}-${container|slug}:latest"

var keys = []Key{
	{
		Name: "image", Kind: KindString, Default: "ubuntu:latest",
		Doc:   "image to run; exclusive with build",
		Like:  `"debian:bookworm"`,
		field: func(c *Container) any { return &c.Image },
	},
	{
		Name: "build", Kind: KindKeys, Keys: buildKeys,
		Unset: "image is used as it is",
		Doc:   "how to build the image; exclusive with image",
		Like:  `{ context = "./docker" }`,
		field: func(c *Container) any { return &c.Build },
	},
	{
		Name: "command", Kind: KindCommand,
		Unset: "an interactive shell",
		Doc:   "what to run: a string is run by a shell, an array is executed as it is",
		Like:  `"make -j4"`,
		field: func(c *Container) any { return &c.Command },
	},
	{
		Name: "default", Kind: KindBool, ContainersOnly: true, Default: "false",
		Doc:   "use this container where none is named; only one may say so",
		Like:  `true`,
		field: func(c *Container) any { return &c.Default },
	},
	{
		Name: "extends", Kind: KindNames, ContainersOnly: true,
		Doc:   "containers of this file or a lower one to start from, one or several: scalars override, lists concatenate, tables merge",
		Like:  `"base"`,
		field: func(c *Container) any { return &c.Extends },
	},
	{
		Name: "unset", Kind: KindNames,
		Doc:   "keys that a lower layer has set (defaults, extends) and that do not hold here",
		Like:  `["network", "build.args"]`,
		field: func(c *Container) any { return &c.Unset },
	},
	{
		Name: "project_target", Old: []string{"dir_mount", "working_dir_mount"}, Kind: KindString, Default: "/repo",
		Doc:   "where the project is mounted; may end in mount options, as in /repo:ro",
		Like:  `"/repo:ro"`,
		field: func(c *Container) any { return &c.ProjectTarget },
	},
	{
		Name: "auto_project_mount", Kind: KindBool, Default: "true",
		Doc:   "mount the project",
		Like:  `false`,
		field: func(c *Container) any { return &c.AutoProjectMount },
	},
	{
		Name: "subpaths", Kind: KindList,
		Unset: "the whole project",
		Doc:   "mount only these parts of the project, each at its place under project_target",
		Like:  `["./src:ro", "./include"]`,
		field: func(c *Container) any { return &c.Subpaths },
	},
	{
		Name: "volumes", Kind: KindList,
		Doc:   "further mounts: HOST[:CONTAINER][:OPTIONS] or HOST::OPTIONS",
		Like:  `["cache-${USER}:/var/cache/app:chown", "~/.gitconfig:ro"]`,
		field: func(c *Container) any { return &c.Volumes },
	},
	{
		Name: "workdir", Kind: KindString, Default: "auto",
		Doc:   "directory the command starts in; auto is the caller's place in the project",
		Like:  `"/repo/src"`,
		field: func(c *Container) any { return &c.Workdir },
	},
	{
		Name: "env", Kind: KindEnv,
		Doc:   "variables: NAME=value sets one, NAME passes it from the host, PREFIX_* passes all that match; a table sets all of its own",
		Like:  `["CI=1", "GITHUB_TOKEN", "BUILD_*"]`,
		field: func(c *Container) any { return &c.Env },
	},
	{
		Name: "env_file", Kind: KindList,
		Doc:   "dotenv files to read variables from",
		Like:  `["./.env"]`,
		field: func(c *Container) any { return &c.EnvFile },
	},
	{
		Name: "env_paths", Kind: KindBool, Default: "false",
		Doc:   "mount the files whose paths are in variables that env passes from the host, as GITHUB_OUTPUT, each at its own path",
		Like:  `true`,
		field: func(c *Container) any { return &c.EnvPaths },
	},
	{
		Name: "ssh_agent", Kind: KindBool, Default: "false",
		Doc:   "let the command use your ssh agent, where one runs: its socket is mounted, and SSH_AUTH_SOCK names it",
		Like:  `true`,
		field: func(c *Container) any { return &c.SSHAgent },
	},
	{
		Name: "git_identity", Kind: KindBool, Default: "false",
		Doc:   "let git in the container commit under the name and e-mail that it has here, and nothing else of its configuration",
		Like:  `true`,
		field: func(c *Container) any { return &c.GitIdentity },
	},
	{
		Name: "ca_certificates", Kind: KindList,
		Doc:   "files of certificates in PEM to trust beside the image's, where OpenSSL, curl, Python, Node, Java and git look",
		Like:  `["~/corp.pem"]`,
		field: func(c *Container) any { return &c.CACertificates },
	},
	{
		Name: "groups", Kind: KindGroups,
		Doc:   "supplementary groups of the caller to bring along: names on the host, or gids",
		Like:  `["audio", 44]`,
		field: func(c *Container) any { return &c.Groups },
	},
	{
		Name: "sudo", Kind: KindBool, Default: "false",
		Doc:   "let the user run sudo without a password, installing it where it is missing",
		Like:  `true`,
		field: func(c *Container) any { return &c.Sudo },
	},
	{
		Name: "packages", Kind: KindPackages,
		Doc:   "packages to install, by the image's package manager: a list, or a table of lists for managers; done once, in an image derived from this one",
		Like:  `{ apt = ["git", "make"], dnf = ["git", "make"] }`,
		field: func(c *Container) any { return &c.Packages },
	},
	{
		Name: "image_commands", Kind: KindList,
		Doc:   "shell commands to run as root, without the project and your environment, once, in an image derived from this one",
		Like:  `["pip install meson==1.4"]`,
		field: func(c *Container) any { return &c.ImageCommands },
	},
	{
		Name: "tty", Kind: KindBoolOrAuto, Default: "auto", Values: []string{"auto", "true", "false"},
		Doc:   "give the command a terminal; auto where stdin and stdout are terminals",
		Like:  `false`,
		field: func(c *Container) any { return &c.TTY },
	},
	{
		Name: "stdin", Kind: KindBool, Default: "true",
		Doc:   "connect stdin",
		Like:  `false`,
		field: func(c *Container) any { return &c.Stdin },
	},
	{
		Name: "detach", Kind: KindBool, Default: "false",
		Doc:   "run in the background",
		Like:  `true`,
		field: func(c *Container) any { return &c.Detach },
	},
	{
		Name: "post_start_commands", Kind: KindList,
		Doc:   "shell commands to run as root before the command",
		Like:  `["source /build-venv/bin/activate"]`,
		field: func(c *Container) any { return &c.PostStartCommands },
	},
	{
		Name: "setup_commands", Kind: KindList,
		Doc:   "shell commands to run as the user before the command",
		Like:  `["npm ci"]`,
		field: func(c *Container) any { return &c.SetupCommands },
	},
	{
		Name: "shell", Kind: KindString, Default: "auto",
		Doc:   "shell for shell commands and where there is no command, a name or a path; auto is bash, else sh, else the built-in one",
		Like:  `"/bin/dash"`,
		field: func(c *Container) any { return &c.Shell },
	},
	{
		Name: "umask", Kind: KindString,
		Unset: "yours",
		Doc:   "file mode creation mask of commands, in octal: what group and others may not do with the files that they make",
		Like:  `"0002"`,
		field: func(c *Container) any { return &c.Umask },
	},
	{
		Name: "name", Old: []string{"container_name"}, Kind: KindString,
		Default: "ctenv-${project_dir|slug}-${container|slug}-${pid}",
		Doc:     "name of the container; one that is taken gets a random suffix",
		Like:    `"${USER|slug}-build"`,
		field:   func(c *Container) any { return &c.ContainerName },
	},
	{
		Name: "hostname", Kind: KindString,
		Unset: "the container's name in this file, where that is a valid label",
		Doc:   "host name inside the container",
		Like:  `"build"`,
		field: func(c *Container) any { return &c.Hostname },
	},
	{
		Name: "network", Kind: KindString,
		Unset: "the engine's default",
		Doc:   "bridge, none, host, container:X or the name of a network",
		Like:  `"office"`,
		field: func(c *Container) any { return &c.Network },
	},
	{
		Name: "create_network", Kind: KindBool, Default: "false",
		Doc:   "make the named network where it is missing",
		Like:  `true`,
		field: func(c *Container) any { return &c.CreateNetwork },
	},
	{
		Name: "ports", Kind: KindGroups,
		Doc:   "ports to publish on this machine alone: HOST:CONTAINER, IP:HOST:CONTAINER for another address, CONTAINER or auto:CONTAINER for a free one, which is said",
		Like:  `["8080:80", "auto:3000"]`,
		field: func(c *Container) any { return &c.Ports },
	},
	{
		Name: "platform", Kind: KindString,
		Unset: "the engine's own",
		Doc:   "platform of the image, such as linux/arm64",
		Like:  `"linux/arm64"`,
		field: func(c *Container) any { return &c.Platform },
	},
	{
		Name: "ulimits", Kind: KindUlimits,
		Doc:   `resource limits: a number, "SOFT:HARD" or { soft, hard }; -1 or "unlimited" for none`,
		Like:  `{ nofile = 1024, core = "0:unlimited", memlock = { soft = 64, hard = 128 } }`,
		field: func(c *Container) any { return &c.Ulimits },
	},
	{
		Name: "labels", Kind: KindTable,
		Doc:   "labels of the container",
		Like:  `{ team = "tools" }`,
		field: func(c *Container) any { return &c.Labels },
	},
	{
		Name: "run_args", Kind: KindList,
		Doc:   "options of docker run that have no key here",
		Like:  `["--cap-add=SYS_PTRACE", "--shm-size=1g"]`,
		field: func(c *Container) any { return &c.RunArgs },
	},
	{
		Name: "progress", Kind: KindString, Default: "auto", Values: []string{"auto", "plain", "quiet"},
		Doc:   "how post_start_commands and setup_commands are shown: plain is all that they say, quiet only that of one that fails, auto on a terminal is a line for each step that takes longer than a second, else plain",
		Like:  `"plain"`,
		field: func(c *Container) any { return &c.Progress },
	},
	{
		Name: "pull", Kind: KindString, Default: "missing", Values: []string{"missing", "always", "never"},
		Doc:   "when to pull the image",
		Like:  `"always"`,
		field: func(c *Container) any { return &c.Pull },
	},
	{
		Name: "image_entrypoint", Kind: KindBool, Default: "false",
		Doc:   "run the image's entrypoint with the command as its arguments",
		Like:  `true`,
		field: func(c *Container) any { return &c.ImageEntrypoint },
	},
	{
		Name: "runtime", Kind: KindString, Default: "auto", Values: []string{"auto", "docker", "podman"},
		Doc:   "engine to use; auto is docker when it answers, else podman",
		Like:  `"podman"`,
		field: func(c *Container) any { return &c.Runtime },
	},
	{
		Name: "gosu_path", Kind: KindIgnored,
		Doc: "ignored: ctenv drops privileges by itself",
	},
}

var buildKeys = []Key{
	{
		Name: "dockerfile", Kind: KindString, Default: "Dockerfile",
		Doc:   "path of the Dockerfile; exclusive with dockerfile_content",
		Like:  `"docker/build.Dockerfile"`,
		field: func(c *Container) any { return &c.Build.Dockerfile },
	},
	{
		Name: "dockerfile_content", Kind: KindString,
		Doc: "the Dockerfile itself",
		Like: `'''
FROM debian:bookworm
RUN apt-get update && apt-get install -y gcc make
'''`,
		field: func(c *Container) any { return &c.Build.DockerfileContent },
	},
	{
		Name: "context", Kind: KindString, Default: ".",
		Doc:   "directory that COPY and ADD read from; dockerfile_content needs none",
		Like:  `"./docker"`,
		field: func(c *Container) any { return &c.Build.Context },
	},
	{
		Name: "tag", Kind: KindString, Default: DefaultTag,
		Doc:   "name of the image that is built",
		Like:  `"app-build:latest"`,
		field: func(c *Container) any { return &c.Build.Tag },
	},
	{
		Name: "args", Kind: KindTable,
		Doc:   "build arguments",
		Like:  `{ VERSION = "1.2" }`,
		field: func(c *Container) any { return &c.Build.Args },
	},
	{
		Name: "target", Kind: KindString,
		Unset: "the last stage",
		Doc:   "stage of the Dockerfile to build",
		Like:  `"tools"`,
		field: func(c *Container) any { return &c.Build.Target },
	},
}

// findKey gives the key of that name, old names included, or nil.
func findKey(keys []Key, name string) *Key {
	for i := range keys {
		if keys[i].Name == name || slices.Contains(keys[i].Old, name) {
			return &keys[i]
		}
	}
	return nil
}

// keyNames are the names of today that mean something, for suggestions.
func keyNames(keys []Key) []string {
	var names []string
	for _, k := range keys {
		if k.Kind != KindIgnored {
			names = append(names, k.Name)
		}
	}
	return names
}
