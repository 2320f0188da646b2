package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ctenv/internal/config"
	"ctenv/internal/hint"
	"ctenv/internal/nearest"
	"ctenv/internal/otherwords"
	"ctenv/internal/runargs"
	"ctenv/internal/shellquote"
)

func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	word := args[0]
	way, known := otherwords.Command(word, shellquote.Line(args))
	switch {
	case known:
		return hint.Misused(way, "unknown command %q", word)
	case isImage(word):
		way = "an image is run by: ctenv run --image " + shellquote.Line(args[:1])
	default:
		way = "see ctenv --help; a command in a container is run by: ctenv run -- " + shellquote.Line(args)
	}
	return unknownCommand(cmd, word, way)
}

// isImage says that a word looks like an image's name more than like a container's.
func isImage(word string) bool {
	return strings.ContainsAny(word, ":/@") && !strings.HasPrefix(word, "/") && !strings.HasPrefix(word, ".")
}

// unknownCommand is the error of a name that is no command below cmd. The way out is
// the nearest one, else the given one.
func unknownCommand(cmd *cobra.Command, name, way string) error {
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(append(names, sub.Name()), sub.Aliases...)
	}
	if near := nearest.Of(name, names); near != "" {
		way = fmt.Sprintf("did you mean %q?", near)
	}
	return hint.Misused(way, "unknown command %q", name)
}

// notContainer says of a word that no container is called what it may have been meant
// for. way is what is known already, "" for nothing.
func notContainer(cmd, word, way string, command []string) string {
	quoted := shellquote.Line([]string{word})
	image := "an image is named by --image: ctenv " + cmd + " --image " + quoted
	if len(command) > 0 {
		image += " -- " + shellquote.Line(command)
	}
	switch {
	case cmd == "build" && way == "":
		return "ctenv build takes the name of a container; what it is built from is in its build, or after --build-context"
	case cmd == "exec" && way == "" && len(command) == 0:
		return "a command follows --: ctenv exec -- " + quoted
	case cmd == "exec":
		return way
	case isImage(word), way == "" && len(command) > 0:
		return image
	case way != "":
		return way
	}
	return "a command follows --: ctenv run -- " + quoted + "; " + image
}

// meant adds to the error about a name that no container has what it may have been meant
// for, by the call of cmd.
func meant(err error, cmd string, command []string) error {
	var unknown *config.Error
	if !errors.As(err, &unknown) || unknown.Unknown == "" {
		return err
	}
	better := *unknown
	better.Hint = notContainer(cmd, unknown.Unknown, unknown.Hint, command)
	return &better
}

// valueless refuses an option of docker run whose value stands in the next word: that word
// is taken for the container.
func valueless(runArgs, before []string) error {
	if len(runArgs) == 0 || len(before) == 0 {
		return nil
	}
	last := runArgs[len(runArgs)-1]
	option, ok := runargs.Lookup(strings.TrimLeft(last, "-"))
	if !ok || !option.Value || !strings.HasPrefix(last, "-") {
		return nil
	}
	word := "--run-arg=--" + option.Name + "=" + before[0]
	return hint.Misused("write it as one word: "+shellquote.Line([]string{word}), "--run-arg %s: its value %q is taken for a container", last, before[0])
}

// flagError is the error of cobra about a flag, with what to write instead.
func (a *app) flagError(cmd *cobra.Command, err error) error {
	way := hint.SeeHelp
	if word := a.firstWord(); !cmd.HasParent() && word != "" {
		// It is about what follows a word that is no command.
		if found, _, _ := cmd.Find([]string{word}); found == cmd {
			return noCommand(cmd, a.args[slices.Index(a.args, word):])
		}
	}
	if unknown := (*pflag.NotExistError)(nil); errors.As(err, &unknown) {
		if better := a.knownFlag(cmd, unknown); better != "" {
			way = better
		}
	}
	return hint.Misused(way, "%w", err)
}

// firstWord is the first of the command line that is no flag, where no value of one can be
// before it, "" for none.
func (a *app) firstWord() string {
	if len(a.args) == 0 || strings.HasPrefix(a.args[0], "-") {
		return ""
	}
	return a.args[0]
}

// oldFlags are flags of the Python tool that have no successor by name.
var oldFlags = map[string]string{
	"dir":         "it is the global flag now: ctenv -p DIR run",
	"dir-mount":   "write --project-target",
	"gosu-path":   "leave it out: ctenv drops privileges by itself",
	"working-dir": "write --workdir",
	"workspace":   "it is the global flag now: ctenv -p DIR run",
}

// knownFlag is what an unknown flag may have been meant for: an option of docker run or
// of the command, one that goes before ctenv's command, or the nearest.
func (a *app) knownFlag(cmd *cobra.Command, unknown *pflag.NotExistError) string {
	name := unknown.GetSpecifiedName()
	if way := oldFlags[name]; way != "" && cmd.HasParent() {
		return way
	}
	command := cmd.Name()
	if !cmd.HasParent() {
		command = ""
	}
	if way := otherwords.Flag(command, name); way != "" {
		return way
	}
	if option, ok := runargs.Lookup(name); ok && command == "" {
		return "docker run's --" + option.Name + " goes after run: " + option.Flag()
	}
	before := ""
	if len(name) == 1 && cmd.HasParent() {
		if global := cmd.Root().Flags().ShorthandLookup(name); global != nil {
			before = fmt.Sprintf("-%s goes before the command: ctenv -%s %s; its long form --%s after it too", name, name, cmd.Name(), global.Name)
		}
	}
	if cmd.Flags().Lookup("env") != nil { // run, start or exec
		if way := a.dockerWord(cmd, unknown); way != "" && before != "" && name != "q" {
			return way + "; ctenv's own " + before
		} else if way != "" && name != "q" {
			return way
		}
	}
	if before != "" || len(name) == 1 {
		return before
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := nearest.Of(name, names); near != "" {
		return fmt.Sprintf("did you mean --%s?", near)
	}
	return ""
}

// dockerWord is what to write for an option of docker run, or of a command whose "--" is
// missing. A letter may be either.
func (a *app) dockerWord(cmd *cobra.Command, unknown *pflag.NotExistError) string {
	name := unknown.GetSpecifiedName()
	option, known := runargs.Lookup(name)
	way := option.Flag()
	if known {
		if cmd.Flags().Lookup("run-arg") == nil && strings.HasPrefix(way, "--run-arg") {
			way = "it is given when the container is made: ctenv start " + way
		}
		way = "docker run's --" + option.Name + " here: " + way
	}
	words := a.commandWords(cmd, unknown)
	if len(words) == 0 || known && (len(name) > 1 || option.Name == "interactive" || isImage(words[0])) {
		return way
	}
	command := "a command and its options follow --: ctenv " + cmd.Name() + " -- " + shellquote.Line(words)
	if known {
		return way + "; " + command
	}
	return command
}

// commandWords are the words from the one before an unknown flag on, where that is
// neither a flag nor the value of one: "make -j4".
func (a *app) commandWords(cmd *cobra.Command, unknown *pflag.NotExistError) []string {
	start := slices.Index(a.args, cmd.Name())
	if start < 0 {
		return nil
	}
	args := a.args[start+1:]
	for i, word := range args {
		rest, long := strings.CutPrefix(word, "--")
		if !long {
			rest = strings.TrimPrefix(word, "-")
		}
		given, _, _ := strings.Cut(rest, "=")
		if rest == word || given != unknown.GetSpecifiedName() && (long || rest != unknown.GetSpecifiedShortnames()) {
			continue
		}
		if i == 0 || strings.HasPrefix(args[i-1], "-") || i > 1 && takesNext(cmd, args[i-2]) {
			return nil
		}
		return args[i-1:]
	}
	return nil
}

// takesNext says that a word is a flag whose value is the next word.
func takesNext(cmd *cobra.Command, word string) bool {
	var f *pflag.Flag
	if name, long := strings.CutPrefix(word, "--"); long {
		f = cmd.Flags().Lookup(name)
	} else if len(word) == 2 && word[0] == '-' {
		f = cmd.Flags().ShorthandLookup(word[1:])
	} else {
		return false
	}
	return f == nil || f.NoOptDefVal == ""
}

// isFlagError says whether pflag has refused a word.
func isFlagError(err error) bool {
	return errors.As(err, new(*pflag.NotExistError)) || errors.As(err, new(*pflag.ValueRequiredError)) ||
		errors.As(err, new(*pflag.InvalidValueError)) || errors.As(err, new(*pflag.InvalidSyntaxError))
}
