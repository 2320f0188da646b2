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

	"ctenv/internal/engine/conn"
	"ctenv/internal/flock"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
)

// maxNames is how many names are tried for one container.
const maxNames = 5

// TakenError says that the name of a container that stays is taken, maybe by itself.
type TakenError struct{ Err error }

func (e *TakenError) Error() string { return e.Err.Error() }
func (e *TakenError) Unwrap() error { return e.Err }

// Created is a container that has been made.
type Created struct {
	ID, Name string
	Upload   bool // ctenv-init has to be uploaded before it starts
	// NoStreams: the socket for the streams is not in it, although the plan had one.
	NoStreams bool
}

// Create makes the container of p. It asks the engine for
// the container first and for the image only when that fails, so the common case
// costs one call. So does an engine that does not see our files, until it says so.
// An image that is missing is made by missing, nil where it is pulled.
//
// Cancelling ctx does not cut the call short: the engine would finish it all the
// same and leave a container whose id nobody knows.
func (e *Engine) Create(ctx context.Context, p plan.Plan, missing func(context.Context) error, s streams.Streams) (c Created, err error) {
	p = p.WithProjectThere(e.Inside(ctx).There(p.Labels[plan.LabelProjectDir]))
	made, err := e.makeVolumes(ctx, p)
	if err == nil {
		c, err = e.createTrying(ctx, p, missing, s)
	}
	if err != nil {
		e.removeVolumes(ctx, made)
	}
	return c, err
}

// createTrying tries other names where one is taken, and once more with the image. To try
// again is safe, since an engine that has refused a container has made none; a volume that
// it has made by then is found by its name.
func (e *Engine) createTrying(ctx context.Context, p plan.Plan, missing func(context.Context) error, s streams.Streams) (Created, error) {
	name := p.Name
	for names, fetched := 1, false; ; {
		c, refused, err := e.createAnyWay(ctx, p, name, e.translate, s)
		switch {
		case err != nil:
			return Created{}, err
		case refused == nil:
			return c, nil
		case e.dialect().NameTaken(refused) && p.Stay:
			return Created{}, &TakenError{refused}
		case e.dialect().NameTaken(refused) && names < maxNames:
			s.Verbosef("the name %s is taken", name)
			name = p.Name + "-" + randomSuffix()
			names++
			continue
		case !cerrdefs.IsNotFound(refused) || fetched:
			return Created{}, e.createError(refused, p)
		}
		// Not found may be the image, another container or a plug-in.
		state, lookErr := e.LookAtImage(ctx, p)
		if lookErr != nil {
			return Created{}, lookErr
		}
		if state.Usable {
			return Created{}, e.createError(refused, p)
		}
		if missing != nil {
			err = missing(ctx)
		} else {
			err = e.pullMissing(ctx, p, state, s)
		}
		if err != nil {
			return Created{}, err
		}
		fetched = true
	}
}

// createAnyWay makes a container of p with that name, translated by into. Where the engine
// says that something of this machine cannot be had in one way, it is asked for the
// container in another: each time for that of a plan that is complete again, which has
// lost a place for ctenv-init or the streams' socket, so that there is an end. What the
// engine refuses otherwise is refused.
func (e *Engine) createAnyWay(ctx context.Context, p plan.Plan, name string, into func(plan.Plan) (creation, error), s streams.Streams) (c Created, refused, err error) {
	had := p.StreamsSocket() != ""
	if source := p.InitSource(); source != "" && unfit(source) {
		p = p.WithInitUploaded()
	}
	own := e.Inside(ctx)
	if own != nil {
		if p, err = own.Carry(p, e.options.PlaceInit); err != nil {
			return c, nil, err
		}
	}
	p, placed, err := e.placeProfiles(p)
	if err != nil {
		return c, nil, err
	}
	defer placed()
	for {
		want, err := into(p)
		if err == nil && own != nil {
			err = own.Rewrite(want.host)
		}
		if err != nil {
			return c, nil, err
		}
		resp, err := e.createNamed(ctx, want, name, s)
		if err == nil {
			for _, warning := range resp.Warnings {
				s.Warnf("%s", warning)
			}
			e.warnOfLimits(ctx, want.host.Resources, s)
			return Created{resp.ID, name, p.UploadInit, had && p.StreamsSocket() == ""}, nil, nil
		}
		if p, refused, err = e.anotherWay(err, p, s); refused != nil || err != nil {
			return c, refused, err
		}
	}
}

// anotherWay is p as it may be had after the engine has refused it with an error, which is
// returned as refused where there is no other way.
func (e *Engine) anotherWay(why error, p plan.Plan, s streams.Streams) (_ plan.Plan, refused, err error) {
	source, socket := p.InitSource(), p.StreamsSocket()
	switch {
	case socket != "" && strings.Contains(why.Error(), socket):
		// The engine does not see the socket, or may not mount it: its own streams serve.
		s.Verbosef("the engine's streams are used: %s", conn.CauseText(why))
		return p.WithoutStreams(), nil, nil
	case unseenProfile(why, p):
		s.Verbosef("the engine opens the seccomp profile itself: %s", conn.CauseText(why))
		return withOwnProfiles(p), nil, nil
	case source != "" && unreadable(why, source):
		// Its root may not read the file, whatever the container: it is given the bytes.
		return p.WithInitUploaded(), nil, nil
	case len(p.InitElse) > 0 && unseen(why, source):
		// An engine in a virtual machine may see the home and no more.
		return p.WithInitElsewhere(), nil, e.options.PlaceInit(p.InitElse[0])
	case unseen(why, source):
		// It is on another machine, so nothing of this one may be mounted.
		p = p.WithInitUploaded()
		for _, m := range bindMounts(p) {
			return p, nil, e.cannotMount(m.Source, m.Target)
		}
		return p, nil, nil
	}
	return p, why, nil
}

// createNamed makes the container. Podman reads the caller's ranges of ids by libsubid,
// which does not bear two at once: one finds no range, or a wrong one with which the
// container does not start (seen in 4.3). Runs of ctenv take turns.
func (e *Engine) createNamed(ctx context.Context, want creation, name string, s streams.Streams) (container.CreateResponse, error) {
	if want.host.UsernsMode == plan.UsernsKeepID {
		unlock, err := flock.Lock(ctx, conn.RuntimeDir(e.Getenv), "keep-id", s.Verbosef)
		if err != nil {
			return container.CreateResponse{}, err
		}
		defer unlock()
	}
	return e.API.ContainerCreate(context.WithoutCancel(ctx), want.config, want.host, want.network, want.platform, name)
}

// randomSuffix makes a name that is taken unique.
func randomSuffix() string {
	var b [3]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// RemoveGrace is how long a removal is waited for. An engine that hangs over a
// container hangs over its removal too.
const RemoveGrace = 10 * time.Second

// Remove takes a container away after a failure, running or not.
func (e *Engine) Remove(ctx context.Context, id string, s streams.Streams) {
	if err := e.TryRemove(ctx, id); err != nil {
		s.Warnf("container %.12s is left behind: %s", id, conn.CauseText(err))
	}
}

// TryRemove takes a container away. That it is gone already is what is wanted, and so is
// that the engine is removing it, which is waited for.
func (e *Engine) TryRemove(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), RemoveGrace)
	defer cancel()
	err := e.API.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true})
	switch {
	case err == nil || cerrdefs.IsNotFound(err):
		return nil
	case cerrdefs.IsConflict(err):
		removed, failed := e.API.ContainerWait(ctx, id, container.WaitConditionRemoved)
		select {
		case <-removed:
		case <-failed: // it has gone, or the time is over
		}
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the engine has not removed it in %v", RemoveGrace)
	}
	return err
}
