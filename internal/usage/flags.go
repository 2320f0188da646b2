package usage

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ctenv/internal/config"
	"ctenv/internal/hint"
	"ctenv/internal/nearest"
	"ctenv/internal/runargs"
	"ctenv/internal/shellquote"
)

// flagError is the error of cobra about a flag, with what to write instead.
func (w *Words) flagError(cmd *cobra.Command, err error) error {
	way := hint.SeeHelp
	if word := w.firstWord(); !cmd.HasParent() && word != "" {
		// It is about what follows a word that is no command.
		if found, _, _ := cmd.Find([]string{word}); found == cmd {
			return noCommand(cmd, w.Args[slices.Index(w.Args, word):])
		}
	}
	if unknown := (*pflag.NotExistError)(nil); errors.As(err, &unknown) {
		if better := w.knownFlag(cmd, unknown); better != "" {
			way = better
		}
	}
	return hint.Misused(way, "%w", cmp.Or(number(err), err))
}

// firstWord is the first of the command line that is no flag, where no value of one can be
// before it, "" for none.
func (w *Words) firstWord() string {
	if len(w.Args) == 0 || strings.HasPrefix(w.Args[0], "-") {
		return ""
	}
	return w.Args[0]
}

// oldFlags are flags of the Python tool that have no successor by name.
var oldFlags = map[string]string{
	"dir":         "it is the global flag now: ctenv -p DIR run",
	"dir-mount":   "write --project-target",
	"gosu-path":   "leave it out: ctenv drops privileges by itself",
	"working-dir": "write --workdir for where the command starts; ctenv -p DIR run says which directory is the project",
	"workspace":   "it is the global flag now: ctenv -p DIR run",
}

// knownFlag is what an unknown flag may have been meant for: an option of docker run or
// of the command, one that goes before ctenv's command, or the nearest.
func (w *Words) knownFlag(cmd *cobra.Command, unknown *pflag.NotExistError) string {
	name := unknown.GetSpecifiedName()
	if way := oldFlags[name]; way != "" && cmd.HasParent() {
		return way
	}
	command := cmd.Name()
	if !cmd.HasParent() {
		command = ""
	}
	if way := OtherFlags[command][name]; way != "" {
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
		if way := w.dockerWord(cmd, unknown); way != "" && before != "" && name != "q" {
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
	near := nearest.Of(name, names)
	switch {
	case near == "" && cmd.Flags().Lookup("env") != nil:
		return elsewhere(name)
	case near != "":
		return fmt.Sprintf("did you mean --%s?", near)
	}
	return ""
}

// elsewhere is the way to a key that has no flag, or to a mistyped option of docker run.
func elsewhere(name string) string {
	key := strings.ReplaceAll(name, "-", "_")
	if slices.ContainsFunc(config.Keys(), func(k config.Key) bool { return k.Name == key }) {
		return "it is a key of .ctenv.toml: " + key
	}
	option, found := runargs.Lookup(runargs.Nearest(strings.ReplaceAll(name, "_", "-")))
	if !found {
		return ""
	}
	return "did you mean docker run's --" + option.Name + "? here: " + option.Flag()
}

// dockerWord is what to write for an option of docker run, or of a command whose "--" is
// missing. A letter may be either.
func (w *Words) dockerWord(cmd *cobra.Command, unknown *pflag.NotExistError) string {
	name := unknown.GetSpecifiedName()
	option, known := runargs.Lookup(name)
	way := option.Flag()
	if known {
		if cmd.Flags().Lookup("run-arg") == nil && strings.HasPrefix(way, "--run-arg") {
			way = "it is given when the container is made: ctenv start " + way
		}
		way = "docker run's --" + option.Name + " here: " + way
	}
	before, words := w.commandWords(cmd, unknown)
	if len(words) == 0 || known && (len(name) > 1 || option.Name == "interactive" || isImage(words[0])) {
		return way
	}
	call := "ctenv " + shellquote.Line(before) + " "
	command := "a command and its options follow --: " + call + "-- " + shellquote.Line(words)
	if !strings.HasPrefix(words[1], "-") && givenImage(cmd) == "" { // the first may be a container
		first := shellquote.Line(words[:1])
		command += ", or " + call + first + " -- " + shellquote.Line(words[1:]) + " where " + first + " is a container"
	}
	if known {
		return way + "; " + command
	}
	return command
}

// commandWords are the words from those before an unknown flag on that are neither flags
// nor values of one: "make -j4". before are those that stand before them.
func (w *Words) commandWords(cmd *cobra.Command, unknown *pflag.NotExistError) (before, command []string) {
	start := slices.Index(w.Args, cmd.Name())
	if start < 0 {
		return nil, nil
	}
	args := w.Args[start+1:]
	for i, word := range args {
		rest, long := strings.CutPrefix(word, "--")
		if !long {
			rest = strings.TrimPrefix(word, "-")
		}
		given, _, _ := strings.Cut(rest, "=")
		if rest == word || given != unknown.GetSpecifiedName() && (long || rest != unknown.GetSpecifiedShortnames()) {
			continue
		}
		first := i
		for first > 0 && !strings.HasPrefix(args[first-1], "-") && (first == 1 || !takesNext(cmd, args[first-2])) {
			first--
		}
		if first == i {
			return nil, nil
		}
		return w.Args[:start+1+first], args[first:]
	}
	return nil, nil
}

// takesNext says that a word is a flag whose value is the next word.
func takesNext(cmd *cobra.Command, word string) bool {
	if strings.Contains(word, "=") {
		return false
	}
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

// RefuseDashes refuses the "--" before a command as the value of a flag: that one has none, and
// the command would be taken for a container. Of a volume another message says more.
func RefuseDashes(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(interface{ GetSlice() []string }); ok {
			values = list.GetSlice()
		}
		if slices.Contains(values, "--") && f.Name != "volume" {
			value, _ := pflag.UnquoteUsage(f)
			err = hint.Misused(fmt.Sprintf("write --%s %s before --", f.Name, value), "--%s has no value: -- follows it", f.Name)
		}
	})
	return err
}

// number is what to say of a flag's value that is none of its kind, nil where pflag says it well.
func number(err error) error {
	wrong := (*pflag.InvalidValueError)(nil)
	if !errors.As(err, &wrong) || !errors.As(err, new(*strconv.NumError)) {
		return nil
	}
	kind := "a whole number"
	if wrong.GetFlag().Value.Type() == "bool" {
		kind = "true or false"
	}
	return fmt.Errorf("--%s %q is not %s", wrong.GetFlag().Name, wrong.GetValue(), kind)
}

// OfFlag is err with what to write instead, where pflag has refused a word; else err.
func (w *Words) OfFlag(cmd *cobra.Command, err error) error {
	if errors.As(err, new(*pflag.NotExistError)) || errors.As(err, new(*pflag.ValueRequiredError)) ||
		errors.As(err, new(*pflag.InvalidValueError)) || errors.As(err, new(*pflag.InvalidSyntaxError)) {
		return w.flagError(cmd, err)
	}
	return err
}
