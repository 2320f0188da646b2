package engine

import (
	"context"
	"os"
	"path/filepath"

	"ctenv/internal/engine/conn"
	"ctenv/internal/plan"
	"ctenv/internal/podmancheck"
)

// RootlessProblem explains an error of a rootless engine by the check that it comes
// from, nil where none knows it.
func (e *Engine) RootlessProblem(err error, p plan.Plan) error {
	d := e.dialect()
	// On a rootless docker root is who the caller is.
	if d.needsHelpers && p.Userns == "" || !d.needsHelpers && (p.Request.User.UID != 0 || os.Getuid() == 0) {
		return nil
	}
	var directories []string
	for _, m := range p.Mounts {
		if m.Type == plan.MountBind {
			directories = append(directories, m.Source)
		}
	}
	checks := []podmancheck.Check{podmancheck.Directories(directories)}
	if d.needsHelpers {
		checks = podmancheck.All(e.Getenv, directories...)
	}
	return e.explained(checks, err)
}

// unpackProblem explains why an ordinary user's podman cannot unpack an image, nil where
// no check knows it.
func (e *Engine) unpackProblem(err error) error {
	if !e.dialect().needsHelpers || os.Getuid() == 0 {
		return nil
	}
	return e.explained(podmancheck.All(e.Getenv), err)
}

// preflight is why no container can run on an ordinary user's podman of this machine, nil where
// nothing is known: nobody should wait for an image then.
func (e *Engine) preflight(ctx context.Context) error {
	here := e.Own() || e.Address() == "unix://"+filepath.Join(conn.RuntimeDir(e.Getenv), "podman", "podman.sock")
	if !e.dialect().needsHelpers || !here || os.Getuid() == 0 || e.Inside(ctx) != nil {
		return nil
	}
	for _, c := range podmancheck.All(e.Getenv) {
		if c.Fatal {
			return e.lacks(c)
		}
	}
	return nil
}

// lacks is the error over a check.
func (e *Engine) lacks(c podmancheck.Check) error {
	return &Error{Msg: "rootless " + e.dialect().command + ": " + c.Problem, Hint: c.Remedy}
}

func (e *Engine) explained(checks []podmancheck.Check, err error) error {
	for _, c := range checks {
		if c.Explains(err) {
			return e.lacks(c)
		}
	}
	return nil
}
