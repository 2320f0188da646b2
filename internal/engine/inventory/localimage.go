package inventory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/image"

	"ctenv/internal/engine"
)

// listPoll is how long a list of images that failed is left alone.
const listPoll = 50 * time.Millisecond

// maxLooked is how many images are asked for their platform.
const maxLooked = 20

// LocalImage is an image that the engine has and whose programs it can run: the first of
// wanted, else the smallest, else "". Nothing is pulled.
func LocalImage(ctx context.Context, e *engine.Engine, wanted []string, platform string) (string, error) {
	found, err := e.Images(ctx, wanted)
	if err != nil {
		return "", err
	}
	for i, f := range found {
		if f.ID != "" {
			return wanted[i], nil
		}
	}
	all, err := e.API.ImageList(ctx, image.ListOptions{})
	for tries := 0; err != nil && e.Dialect().ListFails && tries < 5 && engine.Sleep(ctx, listPoll) == nil; tries++ {
		// Podman's list fails over an image that is removed meanwhile.
		all, err = e.API.ImageList(ctx, image.ListOptions{})
	}
	if err != nil {
		return "", &engine.Error{Msg: "cannot list the images", Err: err}
	}
	// Docker before 25 calls an image without a name "<none>:<none>".
	all = slices.DeleteFunc(all, func(s image.Summary) bool { return len(s.RepoTags) == 0 || strings.Contains(s.RepoTags[0], "<none>") })
	slices.SortFunc(all, func(a, b image.Summary) int { return cmp.Compare(a.Size, b.Size) })
	for _, s := range all[:min(len(all), maxLooked)] {
		if its, err := e.InspectImage(ctx, s.ID); err == nil && its.Os+"/"+its.Architecture == platform {
			return s.RepoTags[0], nil
		}
	}
	return "", nil
}
