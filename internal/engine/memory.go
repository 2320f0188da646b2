package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
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
