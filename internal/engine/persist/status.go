package persist

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"path"
	"time"

	"github.com/docker/docker/api/types/container"

	"ctenv/internal/engine"
	"ctenv/internal/wire"
)

// Status is what there is to know of a container that stays. Its texts come
// from the engine and may hold anything.
type Status struct {
	Image   string
	State   string
	Started time.Time
	Mounts  []Mount
	Ports   []string // as "127.0.0.1:8080->80/tcp"
	// Memory in bytes and CPU time, nil where the engine does not know them.
	Memory *uint64
	CPU    *time.Duration
}

// Mount is one mount of it, those of ctenv itself left out.
type Mount struct {
	Type     string `json:"type"`
	Source   string `json:"source"` // a path of the host, or a volume's name
	Target   string `json:"target"`
	ReadOnly bool   `json:"read_only"`
}

// Inspect looks at a container that stays. ok is false when it has gone meanwhile.
func Inspect(ctx context.Context, e *engine.Engine, c Container) (st Status, ok bool, err error) {
	found, err := e.Inspect(ctx, c.ID)
	if ok, err := engine.Found(err, "cannot look at container %s", c.Name); !ok {
		return st, false, err
	}
	st = Status{Image: engine.ImageName(found.Config.Image, found.Config.Labels), State: found.State.Status, Mounts: []Mount{}}
	// An engine's time; one that it does not know is the zero time.
	st.Started, _ = time.Parse(time.RFC3339Nano, found.State.StartedAt)
	for _, m := range found.Mounts {
		if wire.IsDir(m.Destination) || wire.IsDir(path.Dir(m.Destination)) {
			continue
		}
		st.Mounts = append(st.Mounts, Mount{Type: string(m.Type), Source: cmp.Or(m.Name, m.Source), Target: m.Destination, ReadOnly: !m.RW})
	}
	st.Ports = engine.PublishedPorts(found)
	if found.State.Running {
		usage(ctx, e, c, &st)
	}
	return st, true, nil
}

// usage adds what the container uses. An engine without the control groups for it says
// so, or zero; then it stays unsaid.
func usage(ctx context.Context, e *engine.Engine, c Container, st *Status) {
	answer, err := e.API.ContainerStatsOneShot(ctx, c.ID)
	if err != nil {
		return
	}
	defer answer.Body.Close()
	var stats container.StatsResponse
	if json.NewDecoder(io.LimitReader(answer.Body, maxStats)).Decode(&stats) != nil {
		return
	}
	if m := stats.MemoryStats.Usage; m > 0 {
		// As docker stats has it: what the kernel could give back is not counted.
		cache := stats.MemoryStats.Stats["inactive_file"] + stats.MemoryStats.Stats["total_inactive_file"]
		if cache < m {
			m -= cache
		}
		st.Memory = &m
	}
	if t := time.Duration(stats.CPUStats.CPUUsage.TotalUsage); t > 0 {
		st.CPU = &t
	}
}

// maxStats caps an engine's answer, in bytes.
const maxStats = 1 << 20
