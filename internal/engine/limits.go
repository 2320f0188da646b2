package engine

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"

	"ctenv/internal/streams"
)

// memoryAsk is how long an engine may take to say why a command was killed.
const memoryAsk = 2 * time.Second

// RanOutOfMemory says whether docker has seen a container's memory run out; podman tells
// it with the container's end.
func (e *Engine) RanOutOfMemory(ctx context.Context, id string) bool {
	if !e.dialect().tellsMemory {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, memoryAsk)
	defer cancel()
	now := time.Now()
	messages, failed := e.API.Events(ctx, events.ListOptions{
		Since:   "1",
		Until:   fmt.Sprintf("%d.%09d", now.Unix(), now.Nanosecond()),
		Filters: filters.NewArgs(filters.Arg("container", id), filters.Arg("event", string(events.ActionOOM))),
	})
	select {
	case <-messages:
		return true
	case <-failed: // the end of what there is
		return false
	}
}

// warnOfLimits says that an engine keeps none of the limits that a container is to have.
// A rootless docker without control groups, and a rootless podman where they are of
// version 1, drop them, and say nothing of it in their API.
func (e *Engine) warnOfLimits(ctx context.Context, r container.Resources, s streams.Streams) {
	// These are kept, or refused.
	r.Ulimits, r.Devices, r.DeviceRequests, r.DeviceCgroupRules, r.OomKillDisable = nil, nil, nil, nil, nil
	if reflect.ValueOf(r).IsZero() {
		return
	}
	if rootless, err := e.Rootless(ctx); err != nil || !rootless {
		return
	}
	if info, err := e.API.Info(ctx); err != nil || info.CgroupDriver != "none" && info.CgroupVersion != "1" {
		return
	}
	s.Warnf("the engine drops limits such as --memory: it is rootless, and this machine gives it no control groups of version 2")
}
