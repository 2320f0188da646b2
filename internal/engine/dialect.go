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
	// prepares: a container is prepared, with all mounts, by a request of its own or by an
	// attach, whose client drops the reason where that fails.
	prepares bool
	// removesLate: it sees four times a second that a container has ended, and has another
	// process remove it then, which calls every exit code 0.
	removesLate bool
	// tellsMemory: there is an event for memory that has run out.
	tellsMemory bool
	// comesBack: it may end and start again under a container that goes on.
	comesBack bool
	// listFails: so does its list of images where one is removed meanwhile.
	listFails bool
	// needsHelpers: an ordinary user's runs with what podmancheck looks for on the machine.
	needsHelpers bool
	// passesProxies: its command gives a container the caller's own variables for proxies.
	passesProxies bool
	// worksAlone: its command needs no engine, and speaks to one only where it is told to.
	// Else it speaks to the one that the caller's environment names, and to the one at
	// defaultAddress where that names none.
	worksAlone     bool
	defaultAddress string
	// nameTaken says whether an error is that of a name which is another container's. A
	// volume that there is with another driver is a conflict too, so it takes the words.
	nameTaken func(error) bool
}

var docker = dialect{
	title: "Docker", command: "docker",
	defaultNetwork: network.NetworkDefault,
	keepsSettings:  true,
	tellsMemory:    true,
	comesBack:      true,
	defaultAddress: client.DefaultDockerHost,
	nameTaken: func(err error) bool {
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
	prepares:       true,
	removesLate:    true,
	listFails:      true,
	needsHelpers:   true,
	passesProxies:  true,
	worksAlone:     true,
	// A failure of its own, and no conflict.
	nameTaken: func(err error) bool {
		return docker.nameTaken(err) || strings.Contains(err.Error(), "that name is already in use")
	},
}

func (e *Engine) dialect() *dialect {
	if e.Podman {
		return &podman
	}
	return &docker
}

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

// NameTaken tells whether another container has the name.
func (e *Engine) NameTaken(err error) bool { return e.dialect().nameTaken(err) }

// RemovesLate says that the engine is slow to see the end of a container, and to remove it.
func (e *Engine) RemovesLate() bool { return e.dialect().removesLate }

// ComesBack says that the engine may end and start again under a container that goes on.
func (e *Engine) ComesBack() bool { return e.dialect().comesBack }

// ListFails says that a list of images fails where one of them is removed meanwhile.
func (e *Engine) ListFails() bool { return e.dialect().listFails }

// Prepares says that a container has to be prepared before it is attached to: Prepare.
func (e *Engine) Prepares() bool { return e.dialect().prepares }

// Prepare has an engine prepare a container that is created, as far as to the point
// where its process can start, where it would do so in an attach otherwise.
func (e *Engine) Prepare(ctx context.Context, id string) error {
	if !e.Prepares() {
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
