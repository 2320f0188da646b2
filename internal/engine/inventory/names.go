// Package inventory is what an engine has, for completion and for doctor.
package inventory

import (
	"context"
	"slices"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"

	"ctenv/internal/engine"
)

// ImageNames are the names of the engine's images, NAME:TAG, sorted.
func ImageNames(ctx context.Context, e *engine.Engine) ([]string, error) {
	found, err := e.API.ImageList(ctx, image.ListOptions{})
	if err != nil {
		return nil, &engine.Error{Msg: "cannot list images", Err: err}
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
func NetworkNames(ctx context.Context, e *engine.Engine) ([]string, error) {
	found, err := e.API.NetworkList(ctx, network.ListOptions{})
	if err != nil {
		return nil, &engine.Error{Msg: "cannot list networks", Err: err}
	}
	var names []string
	for _, n := range found {
		names = append(names, n.Name)
	}
	slices.Sort(names)
	return names, nil
}

// VolumeNames are the names of the engine's named volumes, sorted.
func VolumeNames(ctx context.Context, e *engine.Engine) ([]string, error) {
	found, err := e.API.VolumeList(ctx, volume.ListOptions{})
	if err != nil {
		return nil, &engine.Error{Msg: "cannot list volumes", Err: err}
	}
	var names []string
	for _, v := range found.Volumes {
		if v == nil {
			continue // from an engine that is none
		}
		if _, anonymous := v.Labels["com.docker.volume.anonymous"]; !anonymous {
			names = append(names, v.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}
