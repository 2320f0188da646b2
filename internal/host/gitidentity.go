package host

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"time"

	"ctenv/internal/look"
)

// gitTimeout is how long git may take to say who commits.
const gitTimeout = 5 * time.Second

// gitIdentity is whom git would commit as in a directory, nil where there is no git, or
// where neither its configuration nor the environment names anybody: what git guesses
// from accounts and host names is none of it.
func gitIdentity(dir string) *look.GitIdentity {
	ctx, cancel := context.WithTimeout(context.Background(), gitTimeout)
	defer cancel()
	ask := func(variable string) (look.GitPerson, bool) {
		cmd := exec.CommandContext(ctx, "git", "-c", "user.useConfigOnly=true", "var", variable)
		cmd.Dir, cmd.Env = dir, os.Environ()
		out, err := cmd.Output()
		if err != nil {
			return look.GitPerson{}, false
		}
		return gitPerson(string(out))
	}
	author, known := ask("GIT_AUTHOR_IDENT")
	if !known {
		return nil
	}
	committer, known := ask("GIT_COMMITTER_IDENT")
	if !known {
		return nil
	}
	return &look.GitIdentity{Author: author, Committer: committer}
}

// gitPerson reads "NAME <MAIL> SECONDS ZONE", as git-var(1) prints it. Neither a name nor
// an address holds angle brackets.
func gitPerson(ident string) (look.GitPerson, bool) {
	name, rest, ok := strings.Cut(ident, " <")
	mail, _, closed := strings.Cut(rest, ">")
	return look.GitPerson{Name: name, Mail: mail}, ok && closed && name != "" && mail != ""
}
