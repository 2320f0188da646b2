package engine

import (
	"context"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
)

// Attach connects to the streams of a container that has not started yet; with stdin, to
// that too. detachKeys are docker's, "" for its own.
func (e *Engine) Attach(ctx context.Context, id string, stdin bool, detachKeys string) (types.HijackedResponse, error) {
	conn, err := Hijack(ctx, func() (types.HijackedResponse, error) {
		return e.API.ContainerAttach(ctx, id, container.AttachOptions{
			Stream:     true,
			Stdin:      stdin,
			Stdout:     true,
			Stderr:     true,
			DetachKeys: detachKeys,
		})
	})
	switch {
	case ctx.Err() != nil && err != nil:
		return conn, ctx.Err()
	case err != nil:
		return conn, &Error{Msg: "cannot attach to the container", Err: err}
	}
	return conn, nil
}

// Hijack makes a request for streams. The client waits for the answer to one whatever
// becomes of its ctx, so a connection that ctx ends is left to itself.
func Hijack(ctx context.Context, request func() (types.HijackedResponse, error)) (types.HijackedResponse, error) {
	type answer struct {
		conn types.HijackedResponse
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		conn, err := request()
		answered <- answer{conn, err}
	}()
	select {
	case a := <-answered:
		return a.conn, a.err
	case <-ctx.Done():
		go func() {
			if late := <-answered; late.err == nil {
				late.conn.Close()
			}
		}()
		return types.HijackedResponse{}, ctx.Err()
	}
}
