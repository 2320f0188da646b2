package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"syscall"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/pkg/stdcopy"

	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// otherGrace is how long a container that another ctenv has made may take to start,
// before it counts as left behind, and one that is removed to be gone. Tests have one of
// their own.
var otherGrace = 30 * time.Second

// otherPoll is how often such a container is looked at.
const otherPoll = 50 * time.Millisecond

// Staying is a container that stays.
type Staying struct {
	ID, Name string
	State    string // "created", "running", …
	Labels   map[string]string
}

// Container is its name in the configuration.
func (c Staying) Container() string { return c.Labels[plan.LabelContainer] }

// Changed says whether p's configuration is another than that of c.
func (c Staying) Changed(fingerprint string) bool { return c.Labels[plan.LabelConfig] != fingerprint }

// Staying returns the containers that key means, the newest first.
func (e *Engine) Staying(ctx context.Context, key plan.StayKey) ([]Staying, error) {
	if err := e.ready(ctx); err != nil {
		return nil, err
	}
	label := func(name, value string) filters.KeyValuePair { return filters.Arg("label", name+"="+value) }
	args := filters.NewArgs(filters.Arg("label", plan.LabelStays),
		label(plan.LabelProjectDir, key.ProjectDir), label(plan.LabelUID, strconv.Itoa(key.UID)))
	if key.Container != "" {
		args.Add("label", plan.LabelContainer+"="+key.Container)
	}
	found, err := e.api.ContainerList(ctx, container.ListOptions{All: true, Filters: args})
	if err != nil {
		return nil, &Error{Msg: "cannot list containers", Err: err}
	}
	var all []Staying
	for _, f := range found {
		if !hasLabels(f.Labels, key) {
			continue
		}
		own, err := e.ownStaying(ctx, f)
		if err != nil {
			return nil, err
		}
		if !own {
			continue
		}
		c := Staying{ID: f.ID, State: f.State, Labels: f.Labels}
		if len(f.Names) > 0 {
			c.Name = trimSlash(f.Names[0])
		}
		all = append(all, c)
	}
	return all, nil
}

// hasLabels looks once more at what was asked for: podman takes a "*" in a project's
// path or a container's name for a pattern.
func hasLabels(labels map[string]string, key plan.StayKey) bool {
	return labels[plan.LabelProjectDir] == key.ProjectDir && labels[plan.LabelUID] == strconv.Itoa(key.UID) &&
		(key.Container == "" || labels[plan.LabelContainer] == key.Container)
}

// ownStaying tells a container that ctenv has made from one that has its labels from
// its image. What ctenv mounts is what no image can: ctenv-init, or where it was
// uploaded the volume for it, which an image's VOLUME is not among the settings as.
func (e *Engine) ownStaying(ctx context.Context, f container.Summary) (bool, error) {
	hasInit := func(m container.MountPoint) bool { return m.Type == mount.TypeBind && m.Destination == wire.InitPath }
	if slices.ContainsFunc(f.Mounts, hasInit) {
		return true, nil
	}
	box, err := e.api.ContainerInspect(ctx, f.ID)
	if cerrdefs.IsNotFound(err) {
		return false, nil // gone meanwhile
	}
	if err != nil {
		return false, &Error{Msg: fmt.Sprintf("cannot look at container %.12s", f.ID), Err: err}
	}
	if slices.ContainsFunc(box.Mounts, hasInit) {
		return true, nil
	}
	if e.podman { // which does not keep the settings
		return slices.ContainsFunc(box.Mounts, func(m container.MountPoint) bool { return m.Destination == wire.Dir }), nil
	}
	return box.HostConfig != nil && slices.ContainsFunc(box.HostConfig.Mounts, func(m mount.Mount) bool { return m.Target == wire.Dir }), nil
}

func trimSlash(name string) string {
	if name != "" && name[0] == '/' {
		return name[1:]
	}
	return name
}

// Prepare does what has to be done right before a container is made, and only
// then: it is not called where there is one.
type Prepare func(context.Context) error

// Start makes the container that p, a plan with p.Stay, describes, and returns when
// it is ready. fresh is false where it was there already. A code that is not 0 is
// that of a set-up that failed, and has said so, or of a signal; there is no
// container then.
func (e *Engine) Start(ctx context.Context, p plan.Plan, prepare Prepare, s Streams) (c Staying, fresh bool, code int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sigs := catchSignals(cancel)
	defer sigs.stop()
	c, fresh, code, err = e.ensure(ctx, p, prepare, s, sigs)
	if err == nil && code == 0 && !fresh {
		err = e.awaitReady(ctx, c, p.Enter(NewSession()))
	}
	if sig, ok := sigs.cancelled(); ok && err != nil {
		return c, fresh, 128 + int(sig), nil
	}
	return c, fresh, code, err
}

// ensure finds the container or makes it. One that it finds runs, but may still be
// set up by another ctenv.
func (e *Engine) ensure(ctx context.Context, p plan.Plan, prepare Prepare, s Streams, sigs *signals) (c Staying, fresh bool, code int, err error) {
	if err := e.ready(ctx); err != nil {
		return c, false, 0, err
	}
	e.introduce(s)
	deadline := time.Now().Add(otherGrace)
	names := []string{p.Name, p.SecondName()}
	var going string    // the container that is being removed
	var removeErr error // what kept it from that
	for {
		all, err := e.Staying(ctx, p.StayKey())
		if err != nil {
			return c, false, 0, err
		}
		if c, ok := firstRunning(all); ok {
			return c, false, 0, e.compatible(c)
		}
		if len(all) > 0 {
			// Another ctenv is about to start it, or the engine to remove it. What is
			// neither was left behind.
			left, late := all[0], time.Now().After(deadline)
			switch {
			case late && (left.ID == going || left.State == stateRemoving):
				return left, false, 0, left.stuck(removeErr)
			case left.ID != going && (late || stopped(left.State)):
				going, removeErr = left.ID, e.tryRemove(ctx, left.ID)
				deadline = time.Now().Add(otherGrace)
			}
			if err := sleep(ctx, otherPoll); err != nil {
				return c, false, 0, err
			}
			continue
		}
		if prepare != nil {
			if err := prepare(ctx); err != nil {
				return c, false, 0, err
			}
			prepare = nil
		}
		p.Name = names[0]
		c, code, err := e.startNew(ctx, p, s, sigs)
		taken := (*takenError)(nil)
		if !errors.As(err, &taken) {
			return c, true, code, err
		}
		foreign, err := e.foreign(ctx, p)
		switch {
		case err != nil:
			return c, false, 0, err
		case foreign && len(names) == 1:
			return c, false, 0, &Error{Msg: fmt.Sprintf("the name %q is taken by another container", p.Name), Hint: "choose another one with `name`"}
		case time.Now().After(deadline):
			return c, false, 0, &Error{Msg: fmt.Sprintf("the name %q stays taken", p.Name), Hint: "choose another one with `name`", Err: taken.err}
		case foreign:
			s.verbose("the name %s is taken", p.Name)
			names = names[1:]
		default:
			if err := sleep(ctx, otherPoll); err != nil {
				return c, false, 0, err
			}
		}
	}
}

func firstRunning(all []Staying) (Staying, bool) {
	for _, c := range all {
		if c.State == container.StateRunning || c.State == container.StatePaused {
			return c, true
		}
	}
	return Staying{}, false
}

// stopped says that a container will not run by itself: an engine that lost it, or
// was restarted, may have left it.
func stopped(state string) bool {
	return state == container.StateExited || state == container.StateDead
}

// stateRemoving is the state of a container that the engine removes. It may end in
// StateDead.
const stateRemoving = "removing"

// stuck is the error of a container that has ended and does not go away.
func (c Staying) stuck(err error) error {
	if err == nil {
		err = fmt.Errorf("the engine calls it %q", c.State)
	}
	return &Error{
		Msg:  fmt.Sprintf("container %s stands in the way, and is not removed", c.Name),
		Hint: fmt.Sprintf("`ctenv stop %s` tries again; if that fails, restart the engine", c.Container()),
		Err:  err,
	}
}

// compatible says whether the ctenv-init in c reads the requests of this ctenv.
func (e *Engine) compatible(c Staying) error {
	if c.Labels[plan.LabelStays] == strconv.Itoa(wire.Version) {
		return nil
	}
	return &Error{
		Msg:  fmt.Sprintf("container %s was started by another version of ctenv", c.Name),
		Hint: fmt.Sprintf("`ctenv stop %s` ends it, and all that runs in it", c.Container()),
	}
}

// foreign says whether the name of p belongs to another container. Between taking a
// name and knowing the container an engine knows neither.
func (e *Engine) foreign(ctx context.Context, p plan.Plan) (bool, error) {
	found, err := e.api.ContainerInspect(ctx, p.Name)
	if cerrdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, &Error{Msg: fmt.Sprintf("cannot look at the container %q", p.Name), Err: err}
	}
	for _, label := range []string{plan.LabelStays, plan.LabelProjectDir, plan.LabelUID, plan.LabelContainer} {
		if found.Config.Labels[label] != p.Labels[label] {
			return true, nil
		}
	}
	return false, nil
}

// newMark makes what a container says when it is ready; tests have one of their own.
var newMark = NewSession

// startNew makes and starts a container and stays with it until it is ready or has
// ended. What the set-up says goes to s.Err.
func (e *Engine) startNew(ctx context.Context, p plan.Plan, s Streams, sigs *signals) (c Staying, code int, err error) {
	p.Request.Mark = newMark()
	sp, err := translate(p, e.podman)
	if err != nil {
		return c, 0, err
	}
	r := &session{e: e, p: p, s: s, sigs: sigs}
	if err := e.pullFirst(ctx, p, s); err != nil {
		return c, 0, err
	}
	if err := e.ensureNetwork(ctx, p, s); err != nil {
		return c, 0, err
	}
	if r.id, r.name, err = e.create(ctx, p, sp, s); err != nil {
		return c, 0, err
	}
	c = Staying{ID: r.id, Name: r.name, State: container.StateRunning, Labels: p.Labels}
	defer func() {
		if (err != nil || code != 0) && !errors.Is(err, errGone) {
			e.remove(ctx, r.id, s)
			unmake(r.made)
		}
	}()
	if ctx.Err() != nil {
		return c, 0, ctx.Err()
	}
	r.lookAhead(ctx)
	conn, err := r.attach(ctx, detachKeys{})
	if err != nil {
		return c, 0, err
	}
	defer conn.close()
	ended, err := e.wait(ctx, r.id, nil)
	if err != nil {
		return c, 0, err
	}
	ready := make(chan struct{})
	setup := &markWriter{mark: p.Request.Mark, out: lossy{s.Err}}
	setup.found = func() {
		setup.out = io.Discard
		close(ready)
	}
	said := make(chan error, 1)
	go func() {
		_, err := stdcopy.StdCopy(setup, setup, conn.conn.Reader)
		_ = setup.flush()
		said <- err
	}()
	if err := r.start(ctx); err != nil {
		return c, 0, err
	}
	sigs.begun(func(sig syscall.Signal) { e.kill(ctx, r.id, sig, s) })
	defer sigs.prepareNext()
	select {
	case <-ready:
		return c, 0, nil
	case end := <-ended:
		if err := r.verdict(ctx, end); err != nil {
			return c, 0, err
		}
		select {
		case <-said:
		case <-time.After(lostGrace):
		}
		if end.code == 0 {
			end.code = 125 // it ended, so it is not ready
		}
		return c, end.code, nil
	case <-ctx.Done():
		return c, 0, ctx.Err()
	}
}

// lossy writes what it can: a set-up goes on whether or not somebody looks.
type lossy struct{ io.Writer }

func (l lossy) Write(b []byte) (int, error) {
	_, _ = l.Writer.Write(b)
	return len(b), nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
