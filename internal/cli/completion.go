package cli

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/engine"
	"ctenv/internal/engine/inventory"
	"ctenv/internal/runargs"
)

// completionPatience is how long an engine may take to answer a Tab.
const completionPatience = time.Second

// What is wrong with a file or an engine is no business of completion: it offers
// nothing then.

// completeContainer offers the containers of the configuration, and files after
// "--", where the command's own arguments stand.
func (a *app) completeContainer(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	// cobra adds a "--" of its own, so ArgsLenAtDash does not tell.
	if slices.Contains(a.args[:max(len(a.args)-1, 0)], "--") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	o, err := a.Look()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return typeable(o.Config.Names()), cobra.ShellCompDirectiveNoFileComp
}

// typeable are the names that mean themselves in every shell. cobra's script for
// bash puts what several names start with on the command line as it is, and evaluates
// that line at the next Tab: a container called "$(…)", in a file of strangers, would
// run there.
func typeable(names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		plain := func(r rune) bool {
			return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_.:/@+=,-", r)
		}
		return name == "" || name[0] == '-' || name[0] == '=' || strings.ContainsFunc(name, func(r rune) bool { return !plain(r) })
	})
}

// completeFlags gives the flags of cmd that have one of these names the values
// that they take.
func (a *app) completeFlags(cmd *cobra.Command) {
	fixed := func(values ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	}
	for flag, complete := range map[string]cobra.CompletionFunc{
		"image": func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return a.engineNames(cmd.Context(), inventory.ImageNames), cobra.ShellCompDirectiveNoFileComp
		},
		"network": func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			found := append(a.engineNames(cmd.Context(), inventory.NetworkNames), "bridge", "host", "none")
			slices.Sort(found)
			return slices.Compact(found), cobra.ShellCompDirectiveNoFileComp
		},
		"volume":   a.completeVolume,
		"pull":     fixed("missing", "always", "never"),
		"platform": fixed("linux/amd64", "linux/arm64", "linux/arm/v7", "linux/386", "linux/ppc64le", "linux/riscv64", "linux/s390x"),
		"runtime":  fixed(runtimes...),
		"env":      a.completeEnv,
		"ulimit": func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return suffixed(config.UlimitNames, "="), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		},
		"run-arg": func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return runargs.Words(), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		},
		"name":               fixed(),
		"label":              fixed(),
		"workdir":            fixed(),
		"project-target":     fixed(),
		"post-start-command": fixed(),
		"build-arg":          fixed(),
		"build-tag":          fixed(),
	} {
		if cmd.Flags().Lookup(flag) != nil {
			_ = cmd.RegisterFlagCompletionFunc(flag, complete)
		}
	}
	for _, flag := range []string{"project-dir", "build-context"} {
		if cmd.Flags().Lookup(flag) != nil {
			_ = cmd.MarkFlagDirname(flag)
		}
	}
	for _, sub := range cmd.Commands() {
		a.completeFlags(sub)
	}
}

// engineNames asks the engine for names; nil when none answers in time.
func (a *app) engineNames(ctx context.Context, ask func(context.Context, *engine.Engine) ([]string, error)) []string {
	ctx, cancel := context.WithTimeout(ctx, completionPatience)
	defer cancel()
	eng, err := a.Connect(ctx, a.Runtime)
	if err != nil {
		return nil
	}
	defer eng.Close()
	names, _ := ask(ctx, eng)
	return typeable(names)
}

// completeVolume offers named volumes as "NAME:", or files for a path.
func (a *app) completeVolume(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	if strings.ContainsAny(word, "/.~") {
		return nil, cobra.ShellCompDirectiveNoSpace
	}
	return suffixed(a.engineNames(cmd.Context(), inventory.VolumeNames), ":"), cobra.ShellCompDirectiveNoSpace
}

// completeEnv offers the host's variables: NAME passes one on.
func (a *app) completeEnv(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, kv := range a.Environ {
		if name, _, _ := strings.Cut(kv, "="); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return typeable(names), cobra.ShellCompDirectiveNoFileComp
}

func suffixed(words []string, suffix string) []string {
	var out []string
	for _, w := range words {
		out = append(out, w+suffix)
	}
	return out
}
