package derive

import (
	"context"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"

	"ctenv/internal/engine"
	"ctenv/internal/engine/prune"
	"ctenv/internal/plan"
)

// maxDerived is how many derived images are kept, but for those that containers use.
const maxDerived = 24

// removeImage takes a name of an image away, and the image where that is the last one
// and no container has it.
func removeImage(ctx context.Context, e *engine.Engine, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), engine.RemoveGrace)
	defer cancel()
	_ = tryRemoveImage(ctx, e, name)
}

func tryRemoveImage(ctx context.Context, e *engine.Engine, name string) error {
	_, err := e.API.ImageRemove(ctx, name, image.RemoveOptions{PruneChildren: true})
	return err
}

// derivedImage is one of the engine's.
type derivedImage struct {
	name    string
	created int64
	from    string // the name of what it was made of, "" where it is that image itself
	alone   bool   // it is that image, which has no name but such
}

// recipe is the part of its tag that says what was done.
func (d derivedImage) recipe() string {
	_, tag, _ := strings.Cut(strings.TrimPrefix(d.name, plan.DerivedRepository), ":")
	recipe, _, _ := strings.Cut(tag, "-")
	return recipe
}

// isOf tells whether it was made of the image with the id base.
func (d derivedImage) isOf(base string) bool {
	_, of, _ := strings.Cut(d.name, d.recipe()+"-")
	return strings.HasSuffix(plan.Derivation{}.Tag(base), "-"+of)
}

// images lists those that there are, the newest first. They are known by the name
// that only ctenv gives: a label may be anybody's.
func images(ctx context.Context, e *engine.Engine) ([]derivedImage, error) {
	found, err := e.API.ImageList(ctx, image.ListOptions{Filters: filters.NewArgs(filters.Arg("reference", plan.DerivedRepository))})
	if err != nil {
		return nil, &engine.Error{Msg: "cannot list images", Err: err}
	}
	var all []derivedImage
	for _, i := range found {
		for _, name := range i.RepoTags {
			if !isDerived(name) {
				continue
			}
			d := derivedImage{name: name, created: i.Created, from: i.Labels[plan.LabelDerivedFrom]}
			if d.isOf(i.ID) {
				d.from = "" // the label is a stranger's, if there is one
			}
			if d.from == "" {
				d.alone = onlyDerived(ctx, e, i.ID)
			}
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b derivedImage) int { return int(b.created - a.created) })
	return all, nil
}

func isDerived(name string) bool { return strings.HasPrefix(name, plan.DerivedRepository+":") }

// onlyDerived tells whether an image has no name but such. The list that is asked for by
// a name does not give the others.
func onlyDerived(ctx context.Context, e *engine.Engine, id string) bool {
	found, err := e.InspectImage(ctx, id)
	return err == nil && !slices.ContainsFunc(found.RepoTags, func(name string) bool { return !isDerived(name) })
}

// trim removes what a new image takes the place of: those that the same was done
// to for the same name, which has meant another image, and the oldest where there are
// many. What containers use stays.
func trim(ctx context.Context, e *engine.Engine, p plan.Plan) {
	all, err := images(ctx, e)
	if err != nil {
		return // `ctenv clean` says so
	}
	for i, d := range all {
		old := d.recipe() == p.Derive.Recipe() && (d.from == p.Derive.From || d.from == "" && d.alone)
		if d.name != p.Image && (old || i >= maxDerived) {
			removeImage(ctx, e, d.name)
		}
	}
}

// Left finds derived images that nobody will use again, since the name of what
// they were made of means another image now, or all of them.
func Left(ctx context.Context, e *engine.Engine, everyone bool) ([]prune.Candidate, error) {
	all, err := images(ctx, e)
	if err != nil {
		return nil, err
	}
	var left []prune.Candidate
	for _, d := range all {
		old := d.alone
		if d.from != "" {
			base, err := e.Image(ctx, d.from)
			old = err == nil && !d.isOf(base.ID)
		}
		if old || everyone {
			left = append(left, prune.Candidate{Kind: "image", Name: d.name, Take: func(ctx context.Context) error { return tryRemoveImage(ctx, e, d.name) }})
		}
	}
	return left, nil
}
