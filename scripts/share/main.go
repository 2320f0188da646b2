// share DIR VERSION
//
// Writes what a package installs beside the programs, below DIR as below a prefix:
// man pages, completions for shells, and etc/ctenv.toml. All of it is made from the
// commands and the tables of ctenv itself. $SOURCE_DATE_EPOCH is the date of the pages.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"ctenv/internal/cli"
	"ctenv/internal/configdoc"
	"ctenv/internal/runargs"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: share DIR VERSION")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// write makes the files below dir.
func write(dir, version string) error {
	date, err := dateOf(os.Getenv("SOURCE_DATE_EPOCH"))
	if err != nil {
		return err
	}
	files, err := files(manual{version: version, date: date})
	if err != nil {
		return err
	}
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// files are the files' contents by their paths below a prefix.
func files(m manual) (map[string][]byte, error) {
	_, keys, _ := strings.Cut(configdoc.Reference(), "\n") // without the title
	_, options, _ := strings.Cut(runargs.Markdown(), "\n")
	all := map[string][]byte{
		"etc/ctenv.toml":                  []byte(configdoc.SystemExample()),
		"share/man/man5/ctenv.toml.5":     m.page("ctenv.toml", "5", "containers that ctenv runs commands in", keyText+definitions(keys)),
		"share/man/man7/ctenv-run-args.7": m.page("ctenv-run-args", "7", "options of docker run that ctenv takes", "# DESCRIPTION\n"+definitions(options)),
	}
	root := cli.Command()
	commands := map[string][]byte{}
	m.commands(root, commands)
	for name, data := range commands {
		all["share/man/man1/"+name+".1"] = data
	}
	var bash, zsh, fish bytes.Buffer
	if err := root.GenBashCompletionV2(&bash, true); err != nil {
		return nil, err
	}
	if err := root.GenZshCompletion(&zsh); err != nil {
		return nil, err
	}
	if err := root.GenFishCompletion(&fish, true); err != nil {
		return nil, err
	}
	all["share/bash-completion/completions/ctenv"] = bash.Bytes()
	all["share/zsh/site-functions/_ctenv"] = zsh.Bytes()
	all["share/fish/vendor_completions.d/ctenv.fish"] = fish.Bytes()
	return all, nil
}

// keyText comes before the keys.
const keyText = `# DESCRIPTION
ctenv reads **.ctenv.toml** or **ctenv.toml** of the project, **.ctenv.local.toml** beside it, **~/.ctenv.toml** and **/etc/ctenv.toml**,
the first before the last. A key stands in a table **[containers.NAME]**, or in **[defaults]** for all of them.

# KEYS
`

// dateOf reads seconds since 1970; "" is now.
func dateOf(epoch string) (time.Time, error) {
	if epoch == "" {
		return time.Now(), nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH is %q: %w", epoch, err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}
