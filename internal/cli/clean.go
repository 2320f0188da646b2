package cli

import (
	"context"

	"github.com/spf13/cobra"

	"ctenv/internal/engine/derive"
	"ctenv/internal/engine/prune"
	"ctenv/internal/initbin"
	"ctenv/internal/usage"
)

type cleanOptions struct{ dryRun, volumes, images bool }

func (a *app) newClean() *cobra.Command {
	var opts cleanOptions
	cmd := &cobra.Command{
		Use:   "clean",
		Short: "Remove what is left of ctenv's own: containers, networks, directories",
		Long: `clean removes what runs that were killed, or an engine that was, have left: containers
that nobody will start and such as have ended, networks that ctenv made and no
container is in, directories in the cache, and images with sudo and packages whose base
is another one now, or gone. What runs stays; stop ends it.`,
		Example: `  ctenv clean --dry-run
  ctenv clean --volumes`,
		Args: usage.NoArgs,
		RunE: untilSignal(func(cmd *cobra.Command, _ []string) error { return a.clean(cmd.Context(), opts) }),
	}
	cmd.Flags().BoolVar(&opts.dryRun, "dry-run", false, "say what would be removed, and change nothing")
	cmd.Flags().BoolVar(&opts.images, "images", false, "also all images with sudo and packages that no container has")
	cmd.Flags().BoolVar(&opts.volumes, "volumes", false, "also the named volumes that ctenv made for you and no container has: caches")
	return cmd
}

func (a *app) clean(ctx context.Context, opts cleanOptions) error {
	h, err := a.Probe()
	if err != nil {
		return err
	}
	// What needs no engine first. Where ctenv-init is today need not be where it was.
	found := false
	for _, parent := range []string{initbin.RuntimeDir(h), initbin.CacheDir(h)} {
		if parent == "" {
			continue
		}
		said, err := a.removeLeft(ctx, prune.Directories(parent), opts.dryRun)
		if err != nil {
			return err
		}
		found = found || said
	}
	eng, err := a.Connect(ctx, a.Runtime)
	if err != nil {
		return err
	}
	defer eng.Close()
	left, err := prune.Find(ctx, eng, h.User.UID, opts.volumes)
	if err != nil {
		return err
	}
	images, err := derive.Left(ctx, eng, opts.images)
	if err != nil {
		return err
	}
	said, err := a.removeLeft(ctx, append(left, images...), opts.dryRun)
	if err == nil && !said && !found {
		a.Say("nothing to remove")
	}
	return err
}

// removeLeft removes what is left, or says what it would, and whether it has said anything.
func (a *app) removeLeft(ctx context.Context, left []prune.Candidate, dryRun bool) (said bool, err error) {
	for _, l := range left {
		if dryRun {
			a.Say("would remove %s %s", l.Kind, l.Name)
			said = true
			continue
		}
		ok, err := l.Remove(ctx)
		if err != nil {
			return said, err
		}
		if ok {
			a.Say("removed %s %s", l.Kind, l.Name)
			said = true
		}
	}
	return said, nil
}
