// Package wire is the message from ctenv on the host to ctenv-init in the
// container: one JSON document, carried in the container's environment and
// removed from there before anything else runs.
//
// The environment is the only way in that costs no API call, works on every
// engine and in a read-only image, and leaves no file to clean up. Linux holds
// one environment string to 128 KiB (MAX_ARG_STRLEN, execve(2)), so the
// document is cut into numbered parts:
//
//	CTENV_REQUEST=2
//	CTENV_REQUEST_1={"version":1,…
//	CTENV_REQUEST_2=…}
package wire

const (
	// Version of the document. ctenv and ctenv-init come from one build, so any
	// other version is a mistake and is refused.
	Version = 1

	// Dir is the folder in the container that belongs to ctenv.
	Dir = "/.ctenv"
	// InitPath is where ctenv-init is mounted in the container.
	InitPath = Dir + "/ctenv-init"
	// StreamsPath is a socket in the container, from which the request may have
	// ctenv-init take its standard streams.
	StreamsPath = Dir + "/streams"
)

// Request is all that ctenv-init has to know.
type Request struct {
	Version int  `json:"version"`
	User    User `json:"user"`

	// Workdir is entered before the command starts, and made where it is missing.
	Workdir Text `json:"workdir"`
	// Shell runs shell text: "auto" (bash, sh, the built-in one), a name that is
	// looked up on PATH, or an absolute path.
	Shell   Text    `json:"shell"`
	Command Command `json:"command"`

	// Session names one command in a container that stays, which the request
	// enters instead of setting it up: 32 hexadecimal digits. Of the user only the
	// uid counts then, which has to be that of the set-up.
	Session string `json:"session,omitempty"`

	// Mark is part of what a container that stays writes when it is ready: random,
	// since what set-up's commands write may come from anywhere. 32 hexadecimal digits.
	Mark string `json:"mark,omitempty"`

	// Env holds "NAME=value" strings that the engine's API cannot carry because
	// they are not UTF-8. They go on top of the process's own environment.
	Env []Text `json:"env,omitempty"`
	// Keep names the variables among HOME, USER, LOGNAME and SHELL that the
	// configuration sets itself, so that ctenv-init leaves them alone.
	Keep []string `json:"keep,omitempty"`

	// Mounts are the targets of all mounts. Folders on the way to one that lies
	// below the home belong to the user.
	Mounts []Text `json:"mounts,omitempty"`
	// Chown are the targets of the mounts whose content belongs to the user.
	Chown []Text `json:"chown,omitempty"`

	// EngineAccounts: what is mounted at /etc/passwd and /etc/group is the engine's
	// own, made for this container, and nobody's file on the host.
	EngineAccounts bool `json:"engine_accounts,omitempty"`

	// Limits are resource limits that the engine may not have set.
	Limits []Limit `json:"limits,omitempty"`

	// PostStart commands run as root, Setup commands as the user.
	PostStart []Text `json:"post_start,omitempty"`
	Setup     []Text `json:"setup,omitempty"`
	Sudo      bool   `json:"sudo,omitempty"`

	// Streams is what ctenv-init says on the socket StreamsPath to be given pipes in
	// the place of the engine's streams: 32 hexadecimal digits, random, since others may
	// connect. One message answers. Each of its bytes is a descriptor from 0 to 2, and
	// with it come as many pipes (SCM_RIGHTS, unix(7)). The byte StreamsTaken says that
	// they will do. In every other case the engine's streams are used.
	Streams string `json:"streams,omitempty"`

	// Verbosity is -1 for errors only, 0, or the number of -v.
	Verbosity int `json:"verbosity,omitempty"`
	// Live is true where progress may rewrite its line: the caller's stderr is a
	// terminal.
	Live bool `json:"live,omitempty"`

	// Rows and Cols are the size of the caller's terminal, 0 when unknown.
	// ctenv-init gives it to a terminal that has none yet: before API 1.42 an
	// engine can set the size of a running container only, after its first output.
	Rows uint16 `json:"rows,omitempty"`
	Cols uint16 `json:"cols,omitempty"`
}

// User is whom the command runs as.
type User struct {
	Name   Text    `json:"name"`
	UID    int     `json:"uid"`
	GID    int     `json:"gid"`
	Group  Text    `json:"group"` // name of the primary group
	Home   Text    `json:"home"`
	Groups []Group `json:"groups,omitempty"` // supplementary groups
}

// Limit is a resource limit, by docker's name of it; -1 is unlimited.
type Limit struct {
	Name string `json:"name"`
	Soft int64  `json:"soft"`
	Hard int64  `json:"hard"`
}

// Group is a supplementary group.
type Group struct {
	Name Text `json:"name"`
	GID  int  `json:"gid"`
}

// StreamsTaken is ctenv-init's answer to pipes that it puts in their place.
const StreamsTaken = 1

// The kinds of Command.
const (
	CommandArgv  = "argv"  // ctenv-init's own arguments
	CommandArgs  = "args"  // Args, because the engine's API cannot carry them
	CommandText  = "text"  // Text, run by a shell
	CommandShell = "shell" // an interactive shell
	// CommandPause keeps the container until it is stopped.
	CommandPause = "pause"
	// CommandSetup runs the set-up commands as the user, and ends with a report of
	// their environment on the descriptor ReportFD (package shellcall).
	CommandSetup = "setup"
	// CommandReady ends as soon as a container that stays is ready.
	CommandReady = "ready"
	// CommandWatch stands by the command of the same session: it passes on the
	// signals that it reads from stdin, and hangs up when that ends.
	CommandWatch = "watch"
)

// ReportFD is where CommandSetup reports.
const ReportFD = 3

// Command is what runs in the end.
type Command struct {
	Kind string `json:"kind"`
	Args []Text `json:"args,omitempty"`
	Text Text   `json:"text,omitempty"`
}
