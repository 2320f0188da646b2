package starter

import (
	"fmt"
	"strings"
)

// File is .ctenv.toml, with the schema at that path.
func (s Starter) File(schema string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "#:schema ./%s\n", schema)
	b.WriteString(`# Containers to run this project's commands in, as yourself:
#   ctenv run                 a shell in the default one
#   ctenv run dev -- make     a command in it
#   ctenv config show         what is in force, and where it was said
# Lists add up and tables merge with those of [defaults], for all containers here.

[containers.dev]
default = true
`)
	if s.Dockerfile != "" {
		fmt.Fprintf(&b, "build = { dockerfile = %s", quote(literal(s.Dockerfile)))
		if s.Context != "" && s.Context != "." {
			fmt.Fprintf(&b, ", context = %s", quote(literal(s.Context)))
		}
		if s.Target != "" {
			fmt.Fprintf(&b, ", target = %s", quote(literal(s.Target)))
		}
		b.WriteString(" }\n")
	} else {
		fmt.Fprintf(&b, "image = %s\n", quote(literal(s.Image)))
	}
	b.WriteString("\n# What to run when ctenv run names no command; not set: a shell.\n")
	command := s.Command
	if command == "" {
		command = "make"
	}
	fmt.Fprintf(&b, "# command = %s\n", quote(command))
	b.WriteString("\n# HOST[:CONTAINER][:OPTIONS]. A name without a slash is a volume that survives;\n# chown makes it yours. The project itself is mounted at /repo.\n")
	if len(s.Volumes) == 0 {
		b.WriteString("# volumes = [\"cache-${USER}:/var/cache/dev:chown\"]\n")
	} else {
		b.WriteString("volumes = [\n")
		for _, v := range s.Volumes {
			fmt.Fprintf(&b, "    %s,\n", quote(v))
		}
		b.WriteString("]\n")
	}
	if s.Install != "" {
		fmt.Fprintf(&b, "\n# Run first, as root: what the image lacks.\npost_start_commands = [%s]\n", quote(s.Install))
	}
	b.WriteString(`
# NAME=value sets a variable, NAME passes yours on, PREFIX_* all that match.
# env = ["CI"]

# Run before the command: as root (post_start_commands), and as you.
# setup_commands = ["echo ready"]

# Let you use sudo in the container, without a password.
# sudo = true

# An AI agent in a box: it sees this project and what is listed here, nothing else
# of your machine. The project is at its own path, so that the paths in what the
# agent says and remembers hold outside too.
# [containers.agent]
# image = "node:lts"
# project_target = "${project_dir}"
# volumes = ["agent-home-${USER}:${HOME}:chown", "~/.gitconfig:ro,optional"]
# env = ["ANTHROPIC_API_KEY"]
# command = "npx --yes @anthropic-ai/claude-code"
`)
	return b.String()
}

// literal keeps a text of the project's from being a template.
func literal(s string) string { return strings.ReplaceAll(s, "${", "$${") }

// quote writes a TOML basic string. Names of files may hold anything.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r < 0x20 || r >= 0x7f && r < 0xa0:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
