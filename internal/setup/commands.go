//go:build linux

package setup

import (
	"fmt"
	"os"
	"strconv"

	"ctenv/internal/program"
	"ctenv/internal/shellcall"
	"ctenv/internal/shelltext"
)

// postStart runs the post-start commands as root, before sudo and the drop.
func (in *Init) postStart() (string, error) {
	texts := shelltext.New(in.req.PostStart, in.req.PostStartJoined, in.seedVariables())
	texts.Written = in.req.PostStartWritten
	return in.runTexts("post_start_commands", texts, in.postStartUmask())
}

// setupCommands runs the set-up commands as the user, after the drop.
func (in *Init) setupCommands() (string, error) {
	texts := shelltext.New(in.req.Setup, in.req.SetupJoined, in.seedVariables())
	texts.Written = in.req.SetupWritten
	return in.runTexts("setup_commands", texts, in.umask)
}

// seedVariables are variables that shell text of ctenv's predecessor uses. What the
// environment has of that name stays.
func (in *Init) seedVariables() []string {
	u := in.req.User
	var variables []string
	for _, v := range []struct{ name, value string }{
		{"USER_NAME", string(u.Name)}, {"USER_ID", strconv.Itoa(u.UID)}, {"GROUP_ID", strconv.Itoa(u.GID)}, {"USER_HOME", string(u.Home)},
	} {
		if _, set := in.env.Lookup(v.name); !set {
			variables = append(variables, v.name+"="+v.value)
		}
	}
	return variables
}

// textShell chooses the shell for shell text.
func (in *Init) textShell() (shelltext.Shell, error) {
	return shelltext.Choose(string(in.req.Shell), in.look)
}

// runTexts runs the commands of that key in one shell, which begins with umask, and takes over
// what it ends with: the environment, the directory, the umask. Root's shell has no variable
// that leads to what an earlier container can have written, and what it leaves has them again.
func (in *Init) runTexts(key string, texts shelltext.Commands, umask int) (string, error) {
	if texts.Len() == 0 {
		return "", nil
	}
	var planted []program.PlantedVariable
	if !in.dropped && !in.derives {
		planted = program.Planted(in.root, in.env)
	}
	for _, v := range planted {
		if v.Bad != "" {
			in.msg.Warn("%s: root has no %q in %s, since it leads out of the image, to where an earlier container can have written; a command can export it", key, v.Bad, v.Name)
		}
		in.env = in.env.With(v.Name, v.Left)
		if v.Left == "" {
			in.env = in.env.Without(v.Name)
		}
	}
	did, err := in.runShell(texts, umask)
	for _, v := range planted {
		if in.env.Get(v.Name) == v.Left {
			in.env = in.env.With(v.Name, v.Value)
		}
	}
	return did, err
}

// runShell is runTexts with the environment that there is.
func (in *Init) runShell(texts shelltext.Commands, umask int) (string, error) {
	shell, err := in.textShell()
	if err != nil {
		return "", err
	}
	var after *shellcall.State
	out, ended := in.output()
	err = withUmask(umask, func() error {
		after, err = shell.Run(in.self, texts, in.env, out)
		return err
	})
	ended(err != nil)
	if err != nil {
		return "", err
	}
	in.env = in.env.Merge(after.Environ)
	in.keepUmask(umask, after)
	in.keepLimits(after.Limits)
	if after.Cwd != "" {
		if err := os.Chdir(after.Cwd); err != nil {
			return "", err
		}
		// The shell's own PWD keeps the symlinks that cd went through.
		if !samePlace(in.env.Get("PWD"), after.Cwd) {
			in.env = in.env.With("PWD", after.Cwd)
		}
	}
	return fmt.Sprintf("ran %d in %s", texts.Len(), shell), nil
}

func samePlace(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
