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

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strconv"
	"strings"
)

const (
	// Version of the document. ctenv and ctenv-init come from one build, so any
	// other version is a mistake and is refused.
	Version = 2

	// Dir is the directory in the container that belongs to ctenv. Where something of
	// the host is mounted too, it is DirOf a random word: an image that knew the name
	// could have it be a symlink to what is mounted elsewhere.
	Dir = "/.ctenv"
	// InitPath is where ctenv-init is mounted in Dir.
	InitPath = Dir + "/" + initName

	initName    = "ctenv-init"
	streamsName = "streams"
)

// DirOf is ctenv's directory in a container, for a word of 32 hexadecimal digits.
func DirOf(word string) string { return Dir + "-" + word }

// IsDir says whether a path in a container is ctenv's directory.
func IsDir(p string) bool {
	word, random := strings.CutPrefix(p, Dir+"-")
	return p == Dir || random && ValidWord(word)
}

// OtherBoot stands for the name of a kernel that cannot be told from others.
const OtherBoot = "unknown"

// OfKernel says whether a path in a container is, or holds, where the kernel tells ctenv-init
// what it is and what is mounted: a process's directory in /proc, or the kernel's name.
func OfKernel(p string) bool {
	rel, ok := strings.CutPrefix(p, "/proc/")
	if !ok {
		return p == "/proc"
	}
	first, _, _ := strings.Cut(rel, "/")
	return first == "self" || first == "thread-self" || strings.Trim(first, "0123456789") == "" ||
		strings.HasPrefix("sys/kernel/random/boot_id/", rel+"/")
}

// IsInit says whether a path in a container is ctenv-init's.
func IsInit(p string) bool { return path.Base(p) == initName && IsDir(path.Dir(p)) }

// place is ctenv's directory in the container.
func (r *Request) place() string { return cmp.Or(string(r.Dir), Dir) }

// InitPath is where ctenv-init is mounted.
func (r *Request) InitPath() string { return path.Join(r.place(), initName) }

// StreamsPath is a socket in the container, from which the request may have
// ctenv-init take its standard streams, or the socket that it serves.
func (r *Request) StreamsPath() string { return path.Join(r.place(), streamsName) }

// Request is all that ctenv-init has to know.
type Request struct {
	Version int  `json:"version"`
	Mode    Mode `json:"mode,omitempty"`
	User    User `json:"user"`
	Dir     Text `json:"dir,omitempty"` // ctenv's directory in the container, "" for the constant

	// Workdir is entered before the command starts, and made where it is missing.
	// WorkdirHint is what to do where the user may not enter it, "" where that is not known.
	Workdir     Text `json:"workdir"`
	WorkdirHint Text `json:"workdir_hint,omitempty"`
	// Shell runs shell text, and is what CommandShell means: "auto" (bash, sh, the built-in
	// one), a name that is looked up on PATH, or an absolute path.
	Shell   Text    `json:"shell"`
	Command Command `json:"command"`

	// Image and Container are what messages call the image and the container.
	Image     Text `json:"image,omitempty"`
	Container Text `json:"container,omitempty"`

	// Serve is what a container that stays keeps for those who join it.
	Serve *Serve `json:"serve,omitempty"`

	// Env holds "NAME=value" strings that the engine's API cannot carry because
	// they are not UTF-8. They go on top of the process's own environment.
	Env []Text `json:"env,omitempty"`
	// Keep names the variables among HOME, USER, LOGNAME, SHELL and SSL_CERT_FILE that
	// the configuration sets itself, so that ctenv-init leaves them alone.
	Keep []string `json:"keep,omitempty"`

	// Mounts are the targets of all mounts. Directories on the way to one that lies
	// below the home belong to the user.
	Mounts []Text `json:"mounts,omitempty"`
	// Parents are directories on the way to mounts that are the user's where the engine has
	// made them, outermost first.
	Parents []Parent `json:"parents,omitempty"`
	// Chown are the targets of the mounts whose content belongs to the user.
	Chown []Text `json:"chown,omitempty"`
	// Owners tell those of Chown from others: of the host's, the owner that was seen there; of
	// a volume, its name.
	Owners []Owner `json:"owners,omitempty"`

	// Worktrees are linked worktrees of git that the host has, and git must find.
	Worktrees []Place `json:"worktrees,omitempty"`
	// WorktreeHint is the way out where one of them is not as it has to be.
	WorktreeHint string `json:"worktree_hint,omitempty"`

	// Certificates are to be trusted beside the image's, in PEM.
	Certificates Text `json:"certificates,omitempty"`

	// OtherVolumes: volumes of other containers are mounted beside Mounts, so that what is
	// mounted there may be anybody's.
	OtherVolumes bool `json:"other_volumes,omitempty"`
	// OtherIPC: the IPC namespace is the host's or another container's, and so is /dev/shm.
	OtherIPC bool `json:"other_ipc,omitempty"`

	// Binds are the bind mounts and what was seen of them on the host, before anything is
	// made of them. They are compared only where the container is on the kernel that
	// Boot names (random(4), boot_id): the numbers mean nothing on another one.
	Binds []Bind `json:"binds,omitempty"`
	Boot  string `json:"boot,omitempty"`
	// BindHint is the way out where a mount holds something else.
	BindHint string `json:"bind_hint,omitempty"`
	// UIDMap is the user namespace of the engine's root (proc(5), uid_map), where the
	// container's root is said to be the same; else "".
	UIDMap string `json:"uid_map,omitempty"`

	// EngineAccounts: what is mounted at /etc/passwd and /etc/group is the engine's
	// own, made for this container, and nobody's file on the host.
	EngineAccounts bool `json:"engine_accounts,omitempty"`

	// Umask is the caller's file mode creation mask, as UmaskText writes it. In a
	// container that stays it holds unless set-up ended with one of its own.
	Umask string `json:"umask,omitempty"`

	// Timeout is after how many seconds the command is killed, 0 for never.
	Timeout int `json:"timeout,omitempty"`

	// Limits are resource limits that the engine may not have set.
	Limits []Limit `json:"limits,omitempty"`

	// PostStart commands run as root, Setup commands as the user.
	PostStart []Text `json:"post_start,omitempty"`
	Setup     []Text `json:"setup,omitempty"`
	// PostStartWritten and SetupWritten are the same as the file has them, where a
	// variable of the host is in one: what is said of a command must not show its value.
	PostStartWritten []Text `json:"post_start_written,omitempty"`
	SetupWritten     []Text `json:"setup_written,omitempty"`
	// PostStartJoined and SetupJoined are those among them that run as one text.
	PostStartJoined []Joined `json:"post_start_joined,omitempty"`
	SetupJoined     []Joined `json:"setup_joined,omitempty"`
	Sudo            bool     `json:"sudo,omitempty"`
	// Install is done in the container itself, where no image is derived for it. Its
	// commands do not see the variables that are named in InstallHides.
	Install      *Install `json:"install,omitempty"`
	InstallHides []string `json:"install_hides,omitempty"`

	// Health is shell text that checks the container's health, as the user. The engine
	// runs ctenv-init for it, as root, with the variables that the container began with
	// and HealthArg; so the command never is ctenv-init's arguments then.
	Health Text `json:"health,omitempty"`

	// Streams is what ctenv-init says on the socket at StreamsPath to be given descriptors:
	// 32 hexadecimal digits, random, since others may connect. One message answers. Each
	// of its bytes says what the descriptor is that comes with it (SCM_RIGHTS, unix(7)):
	// 0 to 2 a pipe in the place of that stream of the engine's, StreamsListener the socket
	// of ModeServe. The byte StreamsTaken says that they will do. In every other case the
	// engine's streams are used, and its exec.
	Streams string `json:"streams,omitempty"`
	// Hello is a random word, 32 hexadecimal digits. ctenv-init says it by HelloText on its
	// stderr before all else, unless it is given descriptors for Streams. So ctenv knows
	// that it ran, which no exit code tells: a container's init ends with some of its own
	// where it cannot execute ctenv-init.
	Hello string `json:"hello,omitempty"`

	// Verbosity is -1 for errors only, 0, or the number of -v.
	Verbosity int `json:"verbosity,omitempty"`
	// Progress says how set-up commands are shown: ProgressLines, ProgressQuiet, or "" for
	// all that they say.
	Progress string `json:"progress,omitempty"`
	// Live is true where progress may rewrite its line: the caller's stderr is a
	// terminal.
	Live bool `json:"live,omitempty"`

	// Term and ColorTerm are what the caller's terminal is called (environ(7), TERM), ""
	// without one in the container, and where the configuration names it.
	Term      Text `json:"term,omitempty"`
	ColorTerm Text `json:"color_term,omitempty"`
	// Rows and Cols are the size of the caller's terminal, 0 when unknown.
	// ctenv-init gives it to a terminal that has none yet: before API 1.42 an
	// engine can set the size of a running container only, after its first output.
	Rows uint16 `json:"rows,omitempty"`
	Cols uint16 `json:"cols,omitempty"`
	// Signal is what ModeSignal sends: one of a terminal's keys or its hang-up, or SignalContinue.
	Signal int `json:"signal,omitempty"`
}

// The values of Request.Progress. With both the commands' own output is shown where they
// fail.
const (
	ProgressLines = "lines" // a line with its time for each step that takes long; with Live
	ProgressQuiet = "quiet"
)

// User is whom the command runs as.
type User struct {
	Name   Text    `json:"name"`
	UID    int     `json:"uid"`
	GID    int     `json:"gid"`
	Group  Text    `json:"group"` // name of the primary group
	Home   Text    `json:"home"`
	Groups []Group `json:"groups,omitempty"` // supplementary groups
}

// Parent is a directory on the way to a mount. Mode is that of the same directory on the
// host, where it is the caller's; 0 where there is none.
type Parent struct {
	Path Text   `json:"path"`
	Mode uint32 `json:"mode,omitempty"`
}

// Place is a path that has to be there. Where it is not, it becomes an empty file, or
// where its directory is missing too and Link is set, that directory a symlink to Link. One
// that ends in a slash is that directory, and nothing but the link will do. One that is
// ReadOnly is made by nobody: it has to be that, where it is.
type Place struct {
	Path     Text `json:"path"`
	Link     Text `json:"link,omitempty"`
	ReadOnly bool `json:"read_only,omitempty"`
}

// Joined is a part of a list of commands that is one construct of the shell's. First
// and Last count from 1. Text is all of them, with shellcall.MarkCommand where another begins.
type Joined struct {
	First int  `json:"first"`
	Last  int  `json:"last"`
	Text  Text `json:"text"`
}

// Owner is whose the root of a mount is, as the container shows it.
type Owner struct {
	Target Text   `json:"target"`
	UID    int    `json:"uid"`
	Volume string `json:"volume,omitempty"` // then UID means nothing
}

// Bind is a bind mount as the host sees it (stat(2)).
type Bind struct {
	Target Text   `json:"target"`
	Source Text   `json:"source"`        // on the host, for messages
	Dev    uint64 `json:"dev,omitempty"` // 0 where it may differ
	Ino    uint64 `json:"ino"`
	UID    int    `json:"uid"` // its owner
}

// Limit is a resource limit, by docker's name of it; -1 is unlimited.
type Limit struct {
	Name string `json:"name"`
	Soft int64  `json:"soft"`
	Hard int64  `json:"hard"`
}

// usualUmask is what nearly everybody has, and every engine.
const usualUmask = 0o022

// UmaskText writes a file mode creation mask as umask(1) does, in four octal digits,
// and 0022 as "".
func UmaskText(mask int) string {
	if mask == usualUmask {
		return ""
	}
	return fmt.Sprintf("%04o", mask)
}

// ParseUmask reads what UmaskText writes.
func ParseUmask(text string) (int, error) {
	if text == "" {
		return usualUmask, nil
	}
	mask, err := strconv.ParseUint(text, 8, 16)
	if err != nil || mask > 0o777 || UmaskText(int(mask)) != text {
		return 0, fmt.Errorf("umask %q is not four octal digits up to 0777", text)
	}
	return int(mask), nil
}

// Group is a supplementary group.
type Group struct {
	Name Text `json:"name"`
	GID  int  `json:"gid"`
}

// What goes over the socket at StreamsPath.
const (
	// StreamsTaken is ctenv-init's answer to descriptors that it uses.
	StreamsTaken = 1
	// StreamsListener is a Unix socket that listens, made where no container reaches.
	StreamsListener = 'L'
	// StreamsWitness is nothing to be used: that it is fetched says that ctenv-init runs.
	StreamsWitness = 'W'
)

// HelloText is how a word is said: as a command for applications (ECMA-48, APC), which
// terminals do not show should one get it.
func HelloText(word string) string { return "\x1b_ctenv:" + word + "\x1b\\" }

// Mode says what ctenv-init does.
type Mode string

// The modes of a Request.
const (
	// ModeRun sets the container up and becomes the command.
	ModeRun Mode = ""
	// ModeServe sets the container up and runs the commands of those who join it
	// (package join).
	ModeServe Mode = "serve"
	// ModeJoin becomes a command in a container that is set up: a child of ModeServe. It
	// writes why it could not to the descriptor ReportFD, which closes when the command
	// has started.
	ModeJoin Mode = "join"
	// ModeSpare waits for what it will do as ModeJoin: a child of ModeServe (package
	// joinserver). Of the request it needs nothing.
	ModeSpare Mode = "spare"
	// ModeSetup runs the set-up commands as the user: a child of ModeServe, which ends
	// with a report on the descriptor ReportFD (package shellcall).
	ModeSetup Mode = "setup"
	// ModeRelay carries the streams of one who joins over its own: a command of the
	// engine's exec. Of the request it needs Serve alone.
	ModeRelay Mode = "relay"
	// ModeSignal does what a terminal does with its foreground group, for which the engine's
	// init has no way: a command of the engine's exec. Of the request it needs Signal and User.UID.
	ModeSignal Mode = "signal"
)

// SignalContinue is CONT in ModeSignal, by Linux's number: other systems have other ones.
const SignalContinue = 18

// The descriptors of ctenv-init's children: where they report, and where one of ModeSpare
// gets its order.
const (
	ReportFD = 3
	OrderFD  = 4
)

// Serve is what ModeServe and ModeRelay know of each other.
type Serve struct {
	// Word is what relays and the server know each other by: 32 hexadecimal digits, random.
	Word string `json:"word"`
	// Note is told to all who join. It is ctenv's own, and means nothing to ctenv-init.
	Note Text `json:"note,omitempty"`
}

// Socket is the abstract name (unix(7)) of the server's socket for relays. All who share the
// container's network see it, and learn nothing of the word.
func (s *Serve) Socket() string { return "@ctenv-" + s.derived("socket") }

// File is the name of the server's socket in a directory of the caller's, "" without a word.
// Who shares the host's network sees that one, too.
func (s *Serve) File() string {
	if s.Word == "" {
		return ""
	}
	return s.derived("file")
}

// RelayProof is what a relay shows to the server, and ServerProof what that answers: both
// have the word.
func (s *Serve) RelayProof() string  { return s.derived("relay") }
func (s *Serve) ServerProof() string { return s.derived("server") }

func (s *Serve) derived(use string) string {
	sum := sha256.Sum256([]byte(use + " " + s.Word))
	return hex.EncodeToString(sum[:16])
}

// The kinds of Command.
const (
	CommandArgv  = "argv"  // ctenv-init's own arguments
	CommandArgs  = "args"  // Args, because the engine's API cannot carry them
	CommandText  = "text"  // Text, run by a shell
	CommandShell = "shell" // an interactive shell
)

// HealthArg is the argument that has ctenv-init run Request.Health.
const HealthArg = "check-health"

// Command is what runs in the end.
type Command struct {
	Kind string `json:"kind,omitempty"`
	Args []Text `json:"args,omitempty"`
	Text Text   `json:"text,omitempty"`
}
