package engine

import (
	"context"
	"net"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"

	"ctenv/internal/plan"
	"ctenv/internal/streams"
)

// PublishedPorts are those of a container, such as "127.0.0.1:8080->80/tcp".
func PublishedPorts(found container.InspectResponse) []string {
	var all []string
	if found.NetworkSettings == nil {
		return nil
	}
	for port, bindings := range found.NetworkSettings.Ports {
		for _, b := range bindings {
			all = append(all, net.JoinHostPort(b.HostIP, b.HostPort)+"->"+string(port))
		}
	}
	slices.Sort(all)
	return all
}

// SayPorts says where the ports of a container that runs are published, where the
// engine has chosen that.
func (e *Engine) SayPorts(ctx context.Context, id string, p plan.Plan, s streams.Streams) {
	if !p.PicksPort() {
		return
	}
	found, err := e.Inspect(ctx, id)
	if err != nil {
		return // it has ended
	}
	for _, port := range PublishedPorts(found) {
		at, inside, _ := strings.Cut(port, "->")
		s.Sayf("port %s is published on %s", strings.TrimSuffix(inside, "/tcp"), at)
	}
}
