// Package look is what was looked at before anything is decided: the caller and the
// machine, what is on the host, what the engine is.
package look

import (
	"cmp"

	"ctenv/internal/owners"
	"ctenv/internal/wire"
)

// Host is what was seen of the caller and the machine before anything was
// decided. Package host fills it in.
type Host struct {
	User   wire.User    // the caller; Groups is empty
	Groups []wire.Group // every group the caller is a member of
	GIDs   []int        // their numbers, which cost no look-up

	// Cwd and ProjectDir are absolute and spelt in the one way that host.Spelling gives.
	Cwd        string
	ProjectDir string // "" where no project is to be mounted
	// Pwd is the current directory as the shell spells it. ByPwd says that the project
	// was found by that alone: a symlink leads out of it.
	Pwd   string
	ByPwd bool
	// RealProjectDir has its symlinks resolved.
	RealProjectDir string

	PID    int
	Client string // this process, by package procid
	Umask  int    // file mode creation mask
	Env    map[string]string
	// HideEnv replaces the values that ${env.X} takes from Env by marks, which
	// package dockerline prints as "$X": for --dry-run, which must show no secret.
	HideEnv bool
	// Withheld are variables that no text of the project's file gets the value of.
	Withheld map[string]bool

	// NoDerive does in each container what an image could be derived for.
	NoDerive bool

	StdinTTY, StdoutTTY, StderrTTY bool
	// Background: stdin is a terminal that another job is reading from.
	Background bool

	// Repository is the project's of git, where it is not simply its .git.
	Repository *Repository

	// Mine says whose files are believed.
	Mine owners.Mine

	// Boot names this start of the kernel, and UIDMap is the user namespace that ctenv
	// itself is in, as uid_map of proc(5) has it; both "" where they are not known.
	Boot, UIDMap string

	SELinux bool
	// Guarded are real paths of what no container may write: the caller's
	// configuration, what was allowed, ctenv-init.
	Guarded []string
	// Links are the symlinks on the way to what is guarded: whoever can write to the
	// directory of one decides what it leads to.
	Links []string
	// Sockets are real paths of the directories of sockets by which commands join the
	// caller's containers. Connecting to one writes nothing, so that a read-only mount
	// is a way in, too.
	Sockets []string
	// InitPlaces are where ctenv-init can be mounted from, the best first.
	InitPlaces []InitPlace
	Version    string // of ctenv

	Verbosity int // -1 quiet, 0, or the number of -v
}

// InitPlace is a file that ctenv-init can be mounted from.
type InitPlace struct {
	Path   string
	Real   string // symlinks resolved
	System bool   // installed by root, else ctenv puts it there
	// Exposed is why another user could exchange the directory that it is in, "" where none
	// could.
	Exposed string
}

// Wants is what a plan needs to know of the file system.
type Wants struct {
	Paths    []string // to be stat'ed
	ReadOnly []string // those of Paths that are mounted read-only
	Files    []string // to be read
	Trails   []string // files whose owners matter
	// Points are to be followed, with what is there: of each mount those in the mounts that
	// it may lie in. The first whose Root is there counts.
	Points    [][]Point
	Checkouts []string // directories of which the linked worktrees are to be found
	// GitIdentity is the directory in which git is asked for the caller's, "" for none.
	GitIdentity string
}

// Seen answers Wants, by the same names.
type Seen struct {
	Paths map[string]Path
	Files map[string]File
	// Inner are the mount points below those of Wants.ReadOnly, by these. Docker before 25
	// and podman leave what is mounted there writable.
	Inner map[string][]string
	// Trails are the files that are there. One that is not has none, and neither Exists in
	// Paths: nobody knows whose it would be.
	Trails map[string]owners.Trail
	// Escapes are the points at which the engine would mount something elsewhere.
	Escapes map[Point]Link
	// Worktrees are those of all Checkouts that are repositories, and Borrowed is what
	// these use of others.
	Worktrees []LinkedWorktree
	Borrowed  []BorrowedObjects
	// MoreWorktrees: the repositories were more, or larger, than is looked at.
	MoreWorktrees bool
	// GitIdentity is nil where git knows none, or was not asked yet.
	GitIdentity *GitIdentity
}

// GitIdentity is whom git's commits are by.
type GitIdentity struct{ Author, Committer GitPerson }

// GitPerson is one of the two.
type GitPerson struct{ Name, Mail string }

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
	// Regular: a file that is no device, socket or pipe.
	Regular bool
	Real    string // symlinks resolved, as far as it exists
	UID     int    // its owner
	GID     int
	Mine    bool // it belongs to the caller, or to an id subordinate to the caller (subuid(5))
	// GroupWrites: its group may write to it.
	GroupWrites bool
	Mode        uint32 // its permission bits
	// ByGroup is its group, where only others than its owner may enter who are in that one,
	// and the caller is, beside the primary group.
	ByGroup string
	Err     error // why it could not be looked at, other than that it is missing

	// Dev and Ino tell it from everything else on this kernel, 0 where that is not known.
	Dev, Ino uint64
	// Share: its file system is one of which the engine may have a mount of its own,
	// with another Dev.
	Share bool
}

// MaxFiles caps what is read for one container, in bytes, all files together: they may be as
// many as their names have room in a configuration.
const MaxFiles = 16 << 20

// File is a file's content, or why it could not be read.
type File struct {
	Data []byte
	Err  error
}

// Facts are what a Plan depends on and only the engine knows.
type Facts struct {
	Known    bool // false before an engine was asked: a mistake is said without one
	Podman   bool
	Rootless bool // its root is the caller, or was made from the caller's subordinate ids
	// Proxies are the variables that the engine's own command would give a container
	// unasked, each as NAME=value.
	Proxies []string
	// ImageEntrypoint and ImageCmd are the image's own; looked up only where the
	// configuration asks for image_entrypoint.
	ImageEntrypoint []string
	ImageCmd        []string
}

// LinkedWorktree is a worktree of git that is there on the host.
type LinkedWorktree struct {
	Admin   string // its directory in the repository, <repository>/worktrees/<id>, symlinks resolved
	GitFile string // its .git, as Admin's file "gitdir" has it: absolute, or relative to Admin
	Real    string // the checkout, symlinks resolved
	// Module: it is a submodule's git directory, or a separate one, whose configuration
	// names the checkout, or Real holds a repository and worktrees that name it. Git deletes
	// nothing where that is missing, but does not work.
	Module bool
	// AdminSeen and NoteSeen are Admin and its file "gitdir", for what mounts them.
	AdminSeen, NoteSeen Path
}

// Repository is the git directory of the project, where its .git is a file or a symlink
// that leads to it. Of a linked worktree it is the common one.
type Repository struct {
	File    string // the project's .git
	Written string // what it says
	Dir     string // symlinks resolved; "" where there is none
	Names   []GitName
	// Inside: it lies in the project, and is mounted with it.
	Inside bool
	// Unproven is why it is not mounted, "" where it is.
	Unproven string
}

// GitName is how something in the project writes the path of its repository.
type GitName struct {
	Dir  string // the directory below the project that a relative path belongs to
	Path string
}

// BorrowedObjects is a part of a repository that lies elsewhere: another repository's
// objects (gitrepository-layout(5), alternates), or what a symlink leads to.
type BorrowedObjects struct {
	From string // the directory that Path belongs to where it is relative, symlinks resolved
	Path string // as it is written
	Real string
	Err  error // why Path, the list of those that From uses, could not be read
}

// Project is what ${project_dir} gives: where no project was found, the
// current directory.
func (h Host) Project() string {
	return cmp.Or(h.ProjectDir, h.Cwd)
}
