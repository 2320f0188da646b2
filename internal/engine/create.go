package engine

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"ctenv/internal/plan"
)

// maxNames is how many names are tried for one container.
const maxNames = 5

// takenError says that the name of a container that stays is taken, maybe by itself.
type takenError struct{ err error }

func (e *takenError) Error() string { return e.err.Error() }
func (e *takenError) Unwrap() error { return e.err }

// create makes the container and returns its id and name. It asks the engine for
// the container first and for the image only when that fails, so the common case
// costs one call. So does an engine that does not see our files, until it says so.
//
// Cancelling ctx does not cut the call short: the engine would finish it all the
// same and leave a container whose id nobody knows.
func (e *Engine) create(ctx context.Context, p plan.Plan, sp spec, s Streams) (id, name string, err error) {
	name = p.Name
	pulled, upload := false, false
	for names := 1; ; {
		resp, err := e.createNamed(ctx, sp, name, s)
		switch {
		case err == nil:
			for _, warning := range resp.Warnings {
				s.warn("%s", warning)
			}
			if upload {
				if err := e.uploadInit(ctx, resp.ID, s); err != nil {
					e.remove(ctx, resp.ID, s)
					return "", "", err
				}
			}
			return resp.ID, name, nil
		case e.nameTaken(err) && p.Stay:
			return "", "", &takenError{err}
		case sp.direct != nil && strings.Contains(err.Error(), sp.direct.mount().Source):
			s.verbose("the engine's streams are used: %s", causeText(err))
			sp.dropStreams()
			continue
		case !upload && initUnseen(err, sp):
			sp.dropStreams()
			if err := e.withoutLocal(sp); err != nil {
				return "", "", err
			}
			upload = true
			continue
		case e.nameTaken(err) && names < maxNames:
			s.verbose("the name %s is taken", name)
			name = p.Name + "-" + randomSuffix()
			names++
			continue
		case !cerrdefs.IsNotFound(err) || pulled:
			return "", "", e.createError(err, p)
		}
		// Not found may be the image, another container or a plug-in.
		state, lookErr := e.lookAtImage(ctx, p)
		if lookErr != nil {
			return "", "", lookErr
		}
		if state.usable {
			return "", "", e.createError(err, p)
		}
		if err := e.pullMissing(ctx, p, state, s); err != nil {
			return "", "", err
		}
		pulled = true
	}
}

// createNamed makes the container. Podman reads the caller's ranges of ids by libsubid,
// which does not bear two at once: one finds no range, or a wrong one with which the
// container does not start (seen in 4.3). Runs of ctenv take turns.
func (e *Engine) createNamed(ctx context.Context, sp spec, name string, s Streams) (container.CreateResponse, error) {
	if sp.host.UsernsMode == plan.UsernsKeepID {
		unlock, err := lock(ctx, "keep-id", s)
		if err != nil {
			return container.CreateResponse{}, err
		}
		defer unlock()
	}
	return e.api.ContainerCreate(context.WithoutCancel(ctx), sp.config, sp.host, sp.network, sp.platform, name)
}

// nameTaken tells whether another container has the name. A volume that there is with
// another driver is a conflict too, so it takes the engine's words. Podman calls it a
// failure of its own.
func (e *Engine) nameTaken(err error) bool {
	return cerrdefs.IsConflict(err) && strings.Contains(err.Error(), "The container name ") ||
		e.podman && strings.Contains(err.Error(), "that name is already in use")
}

// randomSuffix makes a name that is taken unique.
func randomSuffix() string {
	var b [3]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// removeGrace is how long a removal is waited for. An engine that hangs over a
// container hangs over its removal too.
const removeGrace = 10 * time.Second

// remove takes a container away after a failure, running or not.
func (e *Engine) remove(ctx context.Context, id string, s Streams) {
	if err := e.tryRemove(ctx, id); err != nil {
		s.warn("container %.12s is left behind: %s", id, causeText(err))
	}
}

// tryRemove takes a container away. That it is gone already, or being removed by the
// engine, is what is wanted.
func (e *Engine) tryRemove(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeGrace)
	defer cancel()
	err := e.api.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true})
	switch {
	case err == nil || cerrdefs.IsNotFound(err) || cerrdefs.IsConflict(err):
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the engine has not removed it in %v", removeGrace)
	}
	return err
}
