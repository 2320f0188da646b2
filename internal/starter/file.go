package starter

import (
	"cmp"
	"fmt"
	"strings"

	"ctenv/internal/tomltext"
)

// SchemaName is where the schema lies beside the file.
const SchemaName = ".ctenv.schema.json"

// File is .ctenv.toml, with the schema at that path.
func (s Starter) File(schema string) string {
	var b strings.Builder
	if schema != "" {
		fmt.Fprintf(&b, "#:schema ./%s\n", schema)
	}
	b.WriteString(`# Containers to run this project's commands in, as yourself:
#   ctenv run                 a shell in the default one
#   ctenv run dev -- make     a command in it
#   ctenv config show         what is in force, and where it was set
# Lists add up and tables merge with those of [defaults], which are for all.

[containers.dev]
default = true
`)
	if s.Dockerfile != "" {
		fmt.Fprintf(&b, "build = { dockerfile = %s", tomltext.Quote(literal(s.Dockerfile)))
		if s.Context != "" && s.Context != "." {
			fmt.Fprintf(&b, ", context = %s", tomltext.Quote(literal(s.Context)))
		}
		if s.Target != "" {
			fmt.Fprintf(&b, ", target = %s", tomltext.Quote(literal(s.Target)))
		}
		if len(s.Args) > 0 {
			fmt.Fprintf(&b, ", args = { %s }", strings.Join(s.Args, ", "))
		}
		b.WriteString(" }\n")
	} else {
		fmt.Fprintf(&b, "image = %s\n", tomltext.Quote(literal(s.Image)))
	}
	s.writeOwn(&b)
	b.WriteString("\n# What to run when ctenv run names no command; not set: a shell.\n")
	fmt.Fprintf(&b, "# command = %s\n", tomltext.Quote(cmp.Or(s.Command, "make")))
	b.WriteString("\n# HOST[:CONTAINER][:OPTIONS]. A name without a slash is a volume that survives;\n# chown makes it yours. The project itself is mounted at project_target, /repo.\n")
	switch own := s.own("volumes"); {
	case own != "":
		fmt.Fprintf(&b, "volumes = %s\n", own)
	case len(s.Volumes) == 0:
		b.WriteString("# volumes = [\"cache-${USER}:/var/cache/dev:chown\"]\n")
	default:
		b.WriteString("volumes = [\n")
		for _, v := range s.Volumes {
			fmt.Fprintf(&b, "    %s,\n", tomltext.Quote(v))
		}
		b.WriteString("]\n")
	}
	if s.Install != "" {
		fmt.Fprintf(&b, "\n# Run first, as root: what the image lacks.\npost_start_commands = [%s]\n", tomltext.Quote(s.Install))
	}
	b.WriteString(`
# NAME=value sets a variable, NAME passes yours on, PREFIX_* all that match.
# env = ["CI"]

# Run before the command: as root (post_start_commands), and as you.
# setup_commands = ["echo ready"]

# Let you use sudo in the container, without a password.
# sudo = true

# An AI agent in a box: it sees this project and what is listed here, no more
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

// writeOwn writes what the project's own description has besides, and what of it is left.
func (s Starter) writeOwn(b *strings.Builder) {
	for _, k := range s.Keys {
		if k.Key != "volumes" {
			fmt.Fprintf(b, "%s = %s\n", k.Key, k.Value)
		}
	}
	for i, left := range s.Left {
		if i == 0 {
			fmt.Fprintf(b, "\n# Not taken over from %s:\n", tomltext.Comment(s.Because))
		}
		fmt.Fprintf(b, "#   %s\n", tomltext.Comment(left))
	}
}

// own is a key's value, "" where the description does not have it.
func (s Starter) own(key string) string {
	for _, k := range s.Keys {
		if k.Key == key {
			return k.Value
		}
	}
	return ""
}

// literal keeps a text of the project's from being a template.
func literal(s string) string { return strings.ReplaceAll(s, "${", "$${") }
