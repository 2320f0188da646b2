package plan

import "ctenv/internal/wire"

// Host is what was seen of the caller and the machine before anything was
// decided. Package host fills it in.
type Host struct {
	User   wire.User    // the caller; Groups is empty
	Groups []wire.Group // every group the caller is a member of

	Cwd        string // absolute
	ProjectDir string // absolute; "" where no project is to be mounted
	// RealCwd and RealProjectDir have their symlinks resolved.
	RealCwd        string
	RealProjectDir string

	PID int
	Env map[string]string
	// HideEnv replaces the values that ${env.X} takes from Env by marks, which
	// DockerCommand prints as "$X": for --dry-run, which must show no secret.
	HideEnv bool

	StdinTTY, StdoutTTY, StderrTTY bool
	// Background: stdin is a terminal that another job is reading from.
	Background bool

	// Worktree is set where the project is a linked worktree of git.
	Worktree *Worktree

	SELinux  bool
	InitPath string // of ctenv-init, for the architecture of ctenv itself
	Version  string // of ctenv

	Verbosity int // -1 quiet, 0, or the number of -v
}

// Worktree is where a linked worktree's repository lies.
type Worktree struct {
	CommonDir string // the repository's folder on the host, symlinks resolved
	GitDir    string // <common>/worktrees/<name> as the worktree's .git names it, absolute or relative to the worktree
}

// Wants is what Build needs to know of the file system.
type Wants struct {
	Paths  []string // to be stat'ed
	Files  []string // to be read
	Points []Point  // to be followed
}

// Seen answers Wants, by the same names.
type Seen struct {
	Paths map[string]Path
	Files map[string]File
	// Escapes are the points at which the engine would mount something elsewhere.
	Escapes map[Point]Link
}

// Point is a mount point inside a bind mount.
type Point struct {
	Root   string // what is mounted, on the host
	Target string // where it is mounted in the container
	Rel    string // the mount point below both
}

// Link is a symlink on the host.
type Link struct{ Path, Target string }

// Path is what stat(2) and realpath(3) said.
type Path struct {
	Exists bool
	Dir    bool
	Real   string // symlinks resolved
	Err    error  // why it could not be looked at, other than that it is missing
}

// File is a file's content, or why it could not be read.
type File struct {
	Data []byte
	Err  error
}
