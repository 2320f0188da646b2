package config

import (
	"fmt"

	"ctenv/internal/hint"
)

// Source is where values come from: a file, the command line, or ctenv itself.
type Source struct {
	Name string // the file's path, "command line" or "built-in"
	Dir  string // relative paths belong to it; "" for the current directory
	// CommandLine: its values are those of flags.
	CommandLine bool
	// Project: it lies in the project, so whoever wrote the project wrote it, or
	// whatever ran in a container that has the project mounted. All other sources
	// are the caller's own.
	Project bool
	// Translated: its lines are not those of the file.
	Translated bool
}

// Pos is the place of a value. Line and Col count from 1; 0 where the source has
// no lines, and Col where the line alone is known.
type Pos struct {
	Source *Source
	Line   int
	Col    int
}

// String gives "path:line:col", or as much of it as there is.
func (p Pos) String() string {
	if p.Source == nil {
		return "built-in"
	}
	if p.Line == 0 || p.Source.Translated {
		return p.Source.Name
	}
	if p.Col == 0 {
		return fmt.Sprintf("%s:%d", p.Source.Name, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.Source.Name, p.Line, p.Col)
}

// Foreign says that whoever wrote the project wrote the value, and not the caller.
func (p Pos) Foreign() bool { return p.Source != nil && p.Source.Project }

// Value is a value and where it stands. The zero Value is not set.
type Value[T any] struct {
	V   T
	Pos Pos
	Set bool
}

// String is a text of the configuration, its templates not yet expanded.
type String = Value[string]

// Entry is one entry of a table, in the file's order.
type Entry struct {
	Key   string
	Value String
}

// Packages are packages to install. The key of each is the package manager that it is
// for, of PackageManagers, and "" for whichever there is.
type Packages []Entry

// Command is a string that a shell runs, or an array that is exec'd as it is.
type Command struct {
	Shell String   // set: shell text
	Args  []String // else, when not empty: the arguments
	Pos   Pos
	Set   bool
}

// Build is a container's build table.
type Build struct {
	Dockerfile        String
	DockerfileContent String
	Context           String
	Tag               String
	Args              []Entry
	Target            String
	Pos               Pos
	Set               bool
}

// Container is one [containers.NAME], a [defaults], or what the command line
// says: the fields that the source sets, and those only. Merge puts layers
// together; WithBuiltins fills the rest.
type Container struct {
	Name string // "" for the defaults alone
	Pos  Pos    // of its header

	Image   String
	Build   Build
	Command Command
	Default Value[bool]
	Extends []String
	Unset   []String // keys of lower layers that do not hold

	ProjectTarget    String
	AutoProjectMount Value[bool]
	Subpaths         []String
	Volumes          []String
	Workdir          String

	Env     []String
	EnvFile []String
	Groups  []String

	// EnvPaths mounts the files that passed variables name.
	EnvPaths       Value[bool]
	SSHAgent       Value[bool]
	GitIdentity    Value[bool]
	CACertificates []String

	Sudo   Value[bool]
	TTY    Value[string] // "auto", "true" or "false"
	Stdin  Value[bool]
	Detach Value[bool]

	Packages      Packages
	ImageCommands []String

	PostStartCommands []String
	SetupCommands     []String
	Shell             String
	Umask             String

	ContainerName String // the key "name"
	Hostname      String
	Network       String
	CreateNetwork Value[bool]
	Ports         []String
	Platform      String
	Ulimits       []Entry // value "SOFT" or "SOFT:HARD"
	Labels        []Entry
	RunArgs       []String

	Progress        String // "auto", "plain" or "quiet"
	Pull            String // "missing", "always" or "never"
	ImageEntrypoint Value[bool]
	Runtime         String // "auto", "docker" or "podman"

	// Borrowed are those of Extends by which the project's file takes a container of the
	// caller's own files; of Resolve's result only.
	Borrowed []String
	// Own says that the container is one of the caller's own files, whatever a project's
	// [defaults] set in it; of Resolve's result only.
	Own    bool
	Limits Limits // what no project's file can undo; of Resolve's result only
}

// Error is a mistake in a source. Error gives one line with its place; Hint may
// hold what to write instead.
type Error struct {
	Pos  Pos
	Msg  string
	Hint string
	// Found: the value is wrong for what was found here, such as a path that does
	// not exist, and not by itself.
	Found bool
	// Beside is the place of another value that Msg and Hint are about too.
	Beside Pos
	// Unknown is a name that no container has.
	Unknown string

	kind bool // a value of the wrong kind
}

// Carries is the hint, and a mistake on the command line's code for a flag's value that
// the flag cannot take, wherever the command is called.
func (e *Error) Carries() (way string, code int) {
	if e.Pos.Source != nil && e.Pos.Source.CommandLine && !e.Found {
		return e.Hint, hint.Usage
	}
	return e.Hint, hint.Config
}

func (e *Error) Error() string {
	switch {
	case e.Pos.Source == nil && e.Pos.Line > 0:
		return fmt.Sprintf("line %d: %s", e.Pos.Line, e.Msg)
	case e.Pos.Source == nil:
		return e.Msg
	}
	return e.Pos.String() + ": " + e.Msg
}
