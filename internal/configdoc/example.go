package configdoc

import (
	"strings"

	"ctenv/internal/config"
)

// SystemExample is a file for /etc/ctenv.toml that says nothing: every key that may
// stand there, commented out.
func SystemExample() string {
	var b strings.Builder
	b.WriteString(`# ctenv's settings for everybody on this machine. What is here is commented out, and
# changes nothing. ctenv.toml(5) says what each key means; a user's ~/.ctenv.toml and a
# project's .ctenv.toml go before it, but for [limits].

# Whose projects' files may reach beyond their project without a question: "off" is all,
# a list the directories.
# trust = ["/srv/projects"]

# Directories whose files hold although other users could have written them.
# safe_directories = ["/srv/team"]

# What no project's file can undo.
# [limits]
`)
	commented(&b, config.LimitKeys())
	b.WriteString("\n# What all containers share.\n# [defaults]\n")
	commented(&b, config.Keys())
	return b.String()
}

// commented writes those keys that may stand in [defaults], each with its meaning.
func commented(b *strings.Builder, keys []config.Key) {
	for _, k := range keys {
		if k.Like != "" && k.Kind != config.KindKeys && !k.ContainersOnly {
			b.WriteString("# " + k.Name + " = " + k.Like + "  # " + k.Doc + "\n")
		}
	}
}
