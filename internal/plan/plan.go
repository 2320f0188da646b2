// Package plan is what is decided about a container: all that is done for it, in types of
// its own. Package decide makes it, packages engine and dockerline put it into words of
// theirs.
package plan

import (
	"path"
	"slices"
	"strings"

	"ctenv/internal/below"
	"ctenv/internal/runargs"
	"ctenv/internal/wire"
)

// Plan is one container and all that is done around it. The engine package
// translates it into API calls.
type Plan struct {
	Container string // its name in the configuration, "default" when none
	Image     string
	Platform  string // "os/arch[/variant]", or "" for the engine's own
	Pull      string // "missing", "always" or "never"

	// Derive says how the image that runs is made of Image, nil where Image runs itself.
	Derive *Derivation

	// Name of the container. When it is taken, the engine package appends a
	// random suffix instead of failing.
	Name     string
	Hostname string // "" for the engine's choice
	// ExtraHosts are lines "NAME:ADDRESS" for the container's /etc/hosts.
	ExtraHosts []string

	// Network is "" for the engine's default, "bridge", "none", "host",
	// "container:X" or the name of a network.
	Network string
	// Userns is UsernsKeepID for rootless podman, which then maps the caller's ids to
	// themselves, else "".
	Userns string
	// CreateNetwork makes a named network that is missing.
	CreateNetwork bool
	NetworkLabels map[string]string
	// VolumeLabels are put on the named volumes that the run makes.
	VolumeLabels map[string]string

	Env        []Var
	Entrypoint []string // ctenv-init
	Cmd        []string
	WorkingDir string // made by a mount, or "/": engines make missing ones as root
	Labels     map[string]string
	Mounts     []Mount
	Ulimits    []Ulimit
	RunArgs    []runargs.Arg // options of `docker run` that have no key of ours

	TTY       bool
	OpenStdin bool
	Detach    bool
	// Stay: the container stays until it is stopped, and is ready when it says so.
	Stay bool
	// Note is what such a container tells those who join it. Its name and fingerprint are
	// added when it is made.
	Note Note

	// HostPaths are mount points inside host mounts that do not exist yet. They
	// are made as the caller just before the container starts, since the engine
	// would make them as root.
	HostPaths []HostPath

	// UploadInit: no place is left to mount ctenv-init from, so it is uploaded. Else
	// InitElse are the places to try where the engine does not see the first.
	UploadInit bool
	InitElse   []string
	// SocketDir is where the streams' socket can be, "" for nowhere.
	SocketDir string

	// Request is the message to ctenv-init, not yet encoded.
	Request wire.Request

	// Others are what RunArgs mount. Type is "" where that is nothing of the host.
	Others []Mount
	// Profiles are the seccomp profiles that RunArgs name, by their files: each as its text, or
	// as the path of another file that has it.
	Profiles map[string]string

	// Notes are said with -v, Warnings unless -q.
	Notes    []string
	Warnings []string
}

// ProfilePrefix begins the names of files that have a profile's text while a container is made.
const ProfilePrefix = "seccomp-"

// Var is an environment variable. FromHost says that its value was passed from
// the caller's environment: such a value is never printed.
type Var struct {
	Name, Value string
	FromHost    bool
	// Foreign: a project's file has written the value.
	Foreign bool `json:"-"`
}

// The types of Mount.
const (
	MountBind   = "bind"
	MountVolume = "volume"
	MountTmpfs  = "tmpfs"
)

// Mount is one mount of the container. Source is an absolute path on the host
// for a bind mount, the volume's name for a named volume, and "" for an
// anonymous volume or a tmpfs.
type Mount struct {
	Type     string
	Source   string
	Target   string
	ReadOnly bool

	Relabel     string // "z" or "Z": SELinux relabelling, which only engine Binds can say
	Propagation string // "rprivate", "rslave", …, or ""
	Consistency string // "cached", "delegated", "consistent", or ""
	NoCopy      bool   // do not fill a new volume from the image
	// Podman are options that podman alone takes, and only in a Bind.
	Podman string `json:",omitempty"`
	Size   int64  // of a tmpfs, in bytes; 0 for the engine's choice
	Mode   uint32 // of a tmpfs's root directory; 0 for the engine's choice
}

// Bind writes a mount as "SOURCE:TARGET[:OPTIONS]", as the engine's Binds and
// --volume take it. They take no colon in a path.
func (m Mount) Bind() string {
	var options []string
	add := func(set bool, option string) {
		if set {
			options = append(options, option)
		}
	}
	add(m.Relabel != "", m.Relabel)
	add(m.ReadOnly, "ro")
	add(m.Propagation != "", m.Propagation)
	add(m.Consistency != "", m.Consistency)
	add(m.NoCopy, "nocopy")
	add(m.Podman != "", m.Podman)
	bind := m.Source + ":" + m.Target
	if len(options) > 0 {
		bind += ":" + strings.Join(options, ",")
	}
	return bind
}

// MountAround finds the mount that a path of the container lies in, strictly, and
// the path's place below it.
func (p *Plan) MountAround(target string) (outer Mount, rel string, ok bool) {
	for _, m := range slices.Concat(p.Mounts, p.Others) {
		if r, in := below.Rel(m.Target, target); in && r != "." && len(m.Target) >= len(outer.Target) {
			outer, rel, ok = m, r, true
		}
	}
	return outer, rel, ok
}

// MountsDirs says that something of the host is mounted, besides what is ctenv's own.
func (p *Plan) MountsDirs() bool {
	return slices.ContainsFunc(slices.Concat(p.Mounts, p.Others), func(m Mount) bool {
		return m.Type == MountBind && !wire.IsDir(path.Dir(m.Target))
	})
}

// UsernsKeepID is podman's name for a user namespace in which the caller's ids are
// what they are outside.
const UsernsKeepID = "keep-id"

// Ulimit is a resource limit; -1 is unlimited.
type Ulimit struct {
	Name       string
	Soft, Hard int64
}

// HostPath is a directory or an empty file to be made below Root, an existing directory.
// No symlink on the way may lead out of Root.
type HostPath struct {
	Root string // absolute path on the host, its symlinks resolved
	Rel  string // below Root, slash-separated
	File bool   // an empty file instead of a directory
}

// HealthTest is the container's health check in the engine's words: none, or
// ctenv-init, which the request tells what to run.
func (p Plan) HealthTest() []string {
	if p.Request.Health == "" {
		return []string{"NONE"}
	}
	return []string{"CMD", p.Request.InitPath(), wire.HealthArg}
}

// Option is the value of an option of `docker run`, the last one's, and whether it is given.
func (p *Plan) Option(name string) (value string, given bool) {
	for _, a := range p.RunArgs {
		if a.Name == name {
			value, given = a.Value, true
		}
	}
	return value, given
}

// OwnLog says whether the caller chose how the output is logged.
func (p *Plan) OwnLog() bool {
	return slices.ContainsFunc(p.RunArgs, func(a runargs.Arg) bool { return strings.HasPrefix(a.Name, "log-") })
}

// LogsWords says whether the engine keeps what the container says.
func (p *Plan) LogsWords() bool { return p.Detach || p.OwnLog() }

// StopSignal is what `docker stop` sends, whatever the image's STOPSIGNAL is: that is
// for the image's own program, and what runs here is another one.
const StopSignal = "SIGTERM"

// PicksPort says whether the engine chooses a port of the host, which nobody knows before.
func (p *Plan) PicksPort() bool { return runargs.PicksPort(p.RunArgs) }
