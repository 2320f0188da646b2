package engine

import (
	"context"
	"slices"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
)

// ImageNames are the names of the engine's images, NAME:TAG, sorted.
func (e *Engine) ImageNames(ctx context.Context) ([]string, error) {
	if err := e.ready(ctx); err != nil {
		return nil, err
	}
	found, err := e.api.ImageList(ctx, image.ListOptions{})
	if err != nil {
		return nil, &Error{Msg: "cannot list images", Err: err}
	}
	var names []string
	for _, i := range found {
		for _, tag := range i.RepoTags {
			if tag != "<none>:<none>" {
				names = append(names, tag)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// NetworkNames are the names of the engine's networks, sorted.
func (e *Engine) NetworkNames(ctx context.Context) ([]string, error) {
	if err := e.ready(ctx); err != nil {
		return nil, err
	}
	found, err := e.api.NetworkList(ctx, network.ListOptions{})
	if err != nil {
		return nil, &Error{Msg: "cannot list networks", Err: err}
	}
	var names []string
	for _, n := range found {
		names = append(names, n.Name)
	}
	slices.Sort(names)
	return names, nil
}

// VolumeNames are the names of the engine's named volumes, sorted.
func (e *Engine) VolumeNames(ctx context.Context) ([]string, error) {
	if err := e.ready(ctx); err != nil {
		return nil, err
	}
	found, err := e.api.VolumeList(ctx, volume.ListOptions{})
	if err != nil {
		return nil, &Error{Msg: "cannot list volumes", Err: err}
	}
	var names []string
	for _, v := range found.Volumes {
		if _, anonymous := v.Labels["com.docker.volume.anonymous"]; !anonymous {
			names = append(names, v.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}
