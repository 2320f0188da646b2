package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
)

// dialect is how an engine speaks Docker's API. Whatever podman does otherwise is a field
// here, for which podman has a reason. Once an engine is found nothing else asks which of
// the two it is, but for what is decided before there is a container (look.Facts).
type dialect struct {
	// title is the engine's name, and command its command.
	title, command string
	// defaultNetwork is where a container is that names no network.
	defaultNetwork container.NetworkMode
	// networks are modes of its own, with or without ":options" (podman-run(1)).
	networks []string
	// stopTimeout is what has to be said of how long a container gets to end, in seconds.
	stopTimeout *int
	// writesCSV: it writes the paths of Mounts into a line of CSV, unquoted.
	writesCSV bool
	// opensProfiles: a seccomp profile goes as the path of a file, which the engine opens.
	opensProfiles bool
	// dropsLabels: a volume that it makes with a container has no labels.
	dropsLabels bool
	// keepsSettings: it tells of a container the mounts that were asked for.
	keepsSettings bool
	// commitsChanges: a commit takes changes of the container's configuration, not the whole.
	commitsChanges bool
	// Prepares: a container is prepared, with all mounts, by a request of its own or by an
	// attach, whose client drops the reason where that fails.
	Prepares bool
	// RemovesLate: it sees four times a second that a container has ended, and has another
	// process remove it then, which calls every exit code 0.
	RemovesLate bool
	// tellsMemory: there is an event for memory that has run out.
	tellsMemory bool
	// ComesBack: it may end and start again under a container that goes on.
	ComesBack bool
	// ListFails: so does its list of images where one is removed meanwhile.
	ListFails bool
	// needsHelpers: an ordinary user's runs with what podmancheck looks for on the machine.
	needsHelpers bool
	// passesProxies: its command gives a container the caller's own variables for proxies.
	passesProxies bool
	// worksAlone: its command needs no engine, and speaks to one only where it is told to.
	// Else it speaks to the one that the caller's environment names, and to the one at
	// defaultAddress where that names none.
	worksAlone     bool
	defaultAddress string
	// NameTaken says whether an error is that of a name which is another container's. A
	// volume that there is with another driver is a conflict too, so it takes the words.
	NameTaken func(error) bool
}

var docker = dialect{
	title: "Docker", command: "docker",
	defaultNetwork: network.NetworkDefault,
	keepsSettings:  true,
	tellsMemory:    true,
	ComesBack:      true,
	defaultAddress: client.DefaultDockerHost,
	NameTaken: func(err error) bool {
		return cerrdefs.IsConflict(err) && strings.Contains(err.Error(), "The container name ")
	},
}

var podman = dialect{
	title: "Podman", command: "podman",
	// slirp4netns or pasta for an ordinary user, as `podman run` has it. What docker's API
	// calls the default is podman's bridge, which takes firewall rules and a quarter of a
	// second more, for a start and for an end. Only there a container may have an address
	// of its own choice, by `run_args`.
	defaultNetwork: "private",
	networks:       []string{"private", "slirp4netns", "pasta", "ns"},
	// Its API takes what is not said for 0, and kills at once; this is what podman's own
	// command and docker's engine have.
	stopTimeout:    new(10),
	writesCSV:      true,
	opensProfiles:  true,
	dropsLabels:    true,
	commitsChanges: true,
	Prepares:       true,
	RemovesLate:    true,
	ListFails:      true,
	needsHelpers:   true,
	passesProxies:  true,
	worksAlone:     true,
	// A failure of its own, and no conflict.
	NameTaken: func(err error) bool {
		return docker.NameTaken(err) || strings.Contains(err.Error(), "that name is already in use")
	},
}

func (e *Engine) dialect() *dialect {
	if e.Podman {
		return &podman
	}
	return &docker
}

// Dialect is what others than this package may know of it.
func (e *Engine) Dialect() dialect { return *e.dialect() }

// networkMode says whether name is one of the engine's own modes. Another engine may have
// a network of that name.
func (d *dialect) networkMode(name string) bool {
	mode, _, _ := strings.Cut(name, ":")
	return slices.Contains(d.networks, mode)
}

// takesMount says whether a path in Mounts is one field to the engine: else a directory's
// name would mount another one.
func (d *dialect) takesMount(path string) bool {
	return !d.writesCSV || !strings.ContainsAny(path, ",\"\r\n")
}

// inWords is a hint for this engine: hints name docker's commands, which podman has under
// its own name.
func (d *dialect) inWords(way string) string {
	return strings.ReplaceAll(way, "`docker ", "`"+d.command+" ")
}

// Podman's own words for states of a container.
const (
	podmanPrepared = "initialized" // as far as its process
	podmanStopped  = "stopped"     // ended, and still mounted
)

// Unstarted says that a container in that state has never run.
func Unstarted(state container.ContainerState) bool {
	return slices.Contains([]container.ContainerState{container.StateCreated, "configured", podmanPrepared}, state)
}

// Stopped says that a container in that state has run, and can be removed.
func Stopped(state container.ContainerState) bool {
	return state == container.StateExited || state == podmanStopped
}

// Prepare has an engine prepare a container that is created, as far as to the point
// where its process can start, where it would do so in an attach otherwise.
func (e *Engine) Prepare(ctx context.Context, id string) error {
	if !e.dialect().Prepares {
		return nil
	}
	answer, body, err := e.Raw.Call(ctx, http.MethodPost, "/v4.0.0/libpod/containers/"+id+"/init")
	if err != nil || answer.StatusCode < http.StatusBadRequest {
		return err
	}
	var said struct{ Message string }
	if err := json.Unmarshal(body, &said); err != nil || said.Message == "" {
		return fmt.Errorf("the answer is %s", answer.Status)
	}
	return errors.New(said.Message)
}
