package engine

import (
	"cmp"
	"context"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
)

// Image is what the engine has under a name: the zero Image where it has nothing.
type Image struct {
	ID      string
	Labels  map[string]string
	OnBuild []string // instructions of the builds that start from it
}

// Images looks up images by name, all at once: it takes about as long as one.
func (e *Engine) Images(ctx context.Context, names []string) ([]Image, error) {
	found := make([]Image, len(names))
	errs := make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() { found[i], errs[i] = e.Image(ctx, name) })
	}
	all.Wait()
	return found, cmp.Or(errs...)
}

// Image looks up one.
func (e *Engine) Image(ctx context.Context, name string) (Image, error) {
	answer, err := e.InspectImage(ctx, name)
	if found, err := Found(err, "cannot look up the image %q", name); !found {
		return Image{}, err
	}
	out := Image{ID: answer.ID}
	if answer.Config != nil {
		out.Labels, out.OnBuild = answer.Config.Labels, answer.Config.OnBuild
	}
	return out, nil
}

// InspectImage is what the engine says of an image. Podman fails over one that somebody else
// writes or removes at that moment, which is over soon: then it is asked again.
func (e *Engine) InspectImage(ctx context.Context, name string, options ...client.ImageInspectOption) (image.InspectResponse, error) {
	for n := 1; ; n++ {
		answer, err := e.API.ImageInspect(ctx, name, options...)
		if err == nil || n == inspectTries || !strings.Contains(err.Error(), imageChanges) {
			return answer, err
		}
		if err := Sleep(ctx, inspectPause); err != nil {
			return answer, err
		}
	}
}

// imageChanges is what podman says of an image that has a part less than it had (c/storage).
const imageChanges = "locating item named"

const (
	inspectTries = 5
	inspectPause = 100 * time.Millisecond
)

// CommandAddress is the address that the engine's own command has to be given to
// reach this engine, "" where it finds it by itself with the caller's environment.
func (e *Engine) CommandAddress() string {
	if d := e.dialect(); d.worksAlone != e.Named() || e.Address() == d.defaultAddress {
		return ""
	}
	return e.Address()
}
