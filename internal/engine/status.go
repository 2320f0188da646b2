package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"

	"ctenv/internal/wire"
)

// StayStatus is what there is to know of a container that stays. Its texts come
// from the engine and may hold anything.
type StayStatus struct {
	Image   string
	State   string
	Started time.Time
	Mounts  []StayMount
}

// StayMount is one mount of it, those of ctenv itself left out.
type StayMount struct {
	Type     string `json:"type"`
	Source   string `json:"source"` // a path of the host, or a volume's name
	Target   string `json:"target"`
	ReadOnly bool   `json:"read_only"`
}

// Status looks at a container that stays. ok is false when it has gone meanwhile.
func (e *Engine) Status(ctx context.Context, c Staying) (st StayStatus, ok bool, err error) {
	found, err := e.api.ContainerInspect(ctx, c.ID)
	if cerrdefs.IsNotFound(err) {
		return st, false, nil
	}
	if err != nil {
		return st, false, &Error{Msg: fmt.Sprintf("cannot look at container %s", c.Name), Err: err}
	}
	st = StayStatus{Image: found.Config.Image, State: found.State.Status, Mounts: []StayMount{}}
	// An engine's time; one that it does not know is the zero time.
	st.Started, _ = time.Parse(time.RFC3339Nano, found.State.StartedAt)
	for _, m := range found.Mounts {
		if m.Destination == wire.Dir || strings.HasPrefix(m.Destination, wire.Dir+"/") {
			continue
		}
		source := m.Source
		if m.Name != "" {
			source = m.Name
		}
		st.Mounts = append(st.Mounts, StayMount{Type: string(m.Type), Source: source, Target: m.Destination, ReadOnly: !m.RW})
	}
	return st, true, nil
}
