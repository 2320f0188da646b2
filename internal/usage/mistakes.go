package usage

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/hint"
	"ctenv/internal/nearest"
	"ctenv/internal/runargs"
	"ctenv/internal/shellquote"
)

func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	word := args[0]
	way, known := otherCommand(word, shellquote.Line(args))
	switch {
	case known:
		return hint.Misused(way, "unknown command %q", word)
	case isImage(word):
		way = "an image is run by: ctenv run --image " + shellquote.Line(args[:1])
	default:
		way = "see ctenv --help; a command in a container is run by: ctenv run -- " + shellquote.Line(args)
	}
	return UnknownCommand(cmd, word, way)
}

// isImage says that a word looks like an image's name more than like a container's.
func isImage(word string) bool {
	return strings.ContainsAny(word, ":/@") && !strings.HasPrefix(word, "/") && !strings.HasPrefix(word, ".")
}

// UnknownCommand is the error of a name that is no command below cmd. The way out is
// the nearest one, else the given one.
func UnknownCommand(cmd *cobra.Command, name, way string) error {
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(append(names, sub.Name()), sub.Aliases...)
	}
	switch near := nearest.Of(name, names); near {
	case "":
	case name: // after --, as no command is
		way = "leave out the --: " + cmd.CommandPath() + " " + name
	default:
		way = fmt.Sprintf("did you mean %q?", near)
	}
	return hint.Misused(way, "unknown command %q", name)
}

// notContainer says of a word that no container is called what it may have been meant
// for. way is what is known already and given the image of --image, "" for nothing.
func notContainer(cmd, word, way, given string, command []string) string {
	quoted := shellquote.Line([]string{word})
	if given != "" && way == "" {
		return afterImage(given, append([]string{word}, command...))
	}
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
	case strings.ContainsAny(word, " \t\n;|&<>"):
		return "a command follows --, and a shell's is given to one: ctenv run -- sh -c " + quoted
	case strings.HasPrefix(word, "/"), strings.HasPrefix(word, "."):
		return "a command follows --: ctenv run -- " + quoted
	}
	return "a command follows --: ctenv run -- " + quoted + "; " + image
}

// givenImage is the value of --image, "" for none.
func givenImage(cmd *cobra.Command) string {
	if f := cmd.Flags().Lookup("image"); f != nil {
		return f.Value.String()
	}
	return ""
}

// afterImage is the call for a command of which the "--" is missing.
func afterImage(image string, command []string) string {
	return "a command follows --: ctenv run --image " + shellquote.Line([]string{image}) + " -- " + shellquote.Line(command)
}

// Meant adds to the error about a name that no container has what it may have been meant
// for, by the call of cmd. image is that of --image, "" for none.
func Meant(err error, cmd, image string, command []string) error {
	var unknown *config.Error
	if !errors.As(err, &unknown) || unknown.Unknown == "" {
		return err
	}
	better := *unknown
	better.Hint = notContainer(cmd, unknown.Unknown, unknown.Hint, image, command)
	return &better
}

// valueless refuses an option of docker run whose value stands in the next word: that word
// is taken for the container.
func valueless(runArgs []config.String, before []string) error {
	if len(runArgs) == 0 || len(before) == 0 {
		return nil
	}
	last := runArgs[len(runArgs)-1].V
	option, ok := runargs.Lookup(strings.TrimLeft(last, "-"))
	if !ok || !option.Value || !strings.HasPrefix(last, "-") {
		return nil
	}
	word := "--run-arg=--" + option.Name + "=" + before[0]
	return hint.Misused("write it as one word: "+shellquote.Line([]string{word}), "--run-arg %s: its value %q is taken for a container", last, before[0])
}

// Arguments are the container, which stands before --, and the command, which follows.
// runArgs are the values of --run-arg.
func Arguments(cmd *cobra.Command, runArgs []config.String, args []string) (container string, command []string, err error) {
	before := args
	if dash := cmd.ArgsLenAtDash(); dash >= 0 {
		before, command = args[:dash], args[dash:]
	}
	if err := valueless(runArgs, before); err != nil {
		return "", nil, err
	}
	if len(before) > 1 {
		words := shellquote.Line(args[:1]) + " -- " + shellquote.Line(args[1:])
		way := "a command follows --: ctenv " + cmd.Name() + " " + words
		switch image := givenImage(cmd); {
		case image != "":
			way = afterImage(image, args)
		case isImage(before[0]):
			way = "an image is named by --image, and a command follows --: ctenv " + cmd.Name() + " --image " + words
		case cmd.Name() == "run":
			way += "; an image is named by --image: ctenv run --image " + words
		}
		return "", nil, hint.Misused(way, "%q follows the container's name", before[1])
	}
	return strings.Join(before, ""), command, named(cmd, before)
}

// NoArgs is for a command that takes no argument.
func NoArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return hint.Usagef("%s takes no argument, but got %q", cmd.CommandPath(), args[0])
	}
	return nil
}

// AtMostOne is for a command that takes one container, or none.
func AtMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return hint.Usagef("%s takes one container, but got %q too", cmd.CommandPath(), args[1])
	}
	return named(cmd, args)
}

// named refuses an empty name, as of a variable that is not set: it would mean the
// default container, or every one.
func named(cmd *cobra.Command, args []string) error {
	if len(args) > 0 && args[0] == "" {
		return hint.Usagef("%s: the container's name is empty", cmd.CommandPath())
	}
	return nil
}
