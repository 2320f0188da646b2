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
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// Version of the document. ctenv and ctenv-init come from one build, so any
	// other version is a mistake and is refused.
	Version = 1

	// Dir is the folder in the container that belongs to ctenv.
	Dir = "/.ctenv"
	// InitPath is where ctenv-init is mounted in the container.
	InitPath = Dir + "/ctenv-init"
	// StayDir is a tmpfs of containers that stay, for root only: the environment
	// that set-up ended with, and the commands that run.
	StayDir = Dir + "/stay"
	// What a container that stays writes to stderr when it is ready, after all that
	// set-up wrote there: these two, with the request's Mark between them.
	readyStart = "\x00ctenv-ready "
	readyEnd   = "\x00\n"

	// EnvName carries the number of parts, and with "_1", "_2", … appended the
	// parts themselves.
	EnvName = "CTENV_REQUEST"

	// MaxEnvString is the longest "NAME=value" that execve(2) takes, in bytes:
	// MAX_ARG_STRLEN less the terminating NUL.
	MaxEnvString = 128<<10 - 1

	// maxSize caps the document, in bytes. All arguments and variables together
	// get about 2 MiB from the kernel with the default stack limit.
	maxSize = 1 << 20
	// partSize is the length of one part, in bytes, with room for its name.
	partSize = 120 << 10
	maxParts = (maxSize + partSize - 1) / partSize
)

// Text is a string that may hold any bytes. In JSON it is a string where it is
// valid UTF-8, else {"base64": "…"}: encoding/json would turn the byte E9 into
// EF BF BD.
type Text string

// MarshalJSON implements json.Marshaler.
func (t Text) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(t)) {
		return json.Marshal(string(t))
	}
	return json.Marshal(map[string]string{"base64": base64.StdEncoding.EncodeToString([]byte(t))})
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(t))
	}
	var enc struct {
		Base64 *string `json:"base64"`
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&enc); err != nil {
		return err
	}
	if enc.Base64 == nil {
		return errors.New("text is neither a string nor base64")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(*enc.Base64)
	if err != nil {
		return err
	}
	*t = Text(raw)
	return nil
}

// ReadyMark is what a container that stays writes when it is ready.
func ReadyMark(mark string) string { return readyStart + mark + readyEnd }

// FindReadyMark finds such a text of any mark. Where there is none, more is where one
// may begin, which is len(text) where none does.
func FindReadyMark(text []byte) (start, end, more int) {
	for from := 0; ; {
		i := bytes.IndexByte(text[from:], readyStart[0])
		if i < 0 {
			return -1, -1, len(text)
		}
		start = from + i
		rest := text[start:]
		if len(rest) < len(readyStart)+sessionLen+len(readyEnd) {
			n := min(len(rest), len(readyStart))
			if string(rest[:n]) == readyStart[:n] {
				return -1, -1, start
			}
		} else if end = start + len(readyStart) + sessionLen + len(readyEnd); string(text[start:end]) ==
			ReadyMark(string(rest[len(readyStart):len(readyStart)+sessionLen])) {
			return start, end, end
		}
		from = start + 1
	}
}

// Texts converts strings.
func Texts(ss []string) []Text {
	var ts []Text
	for _, s := range ss {
		ts = append(ts, Text(s))
	}
	return ts
}

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

// WatchLeave is what CommandWatch reads when the command is to go on without a
// client. Every other line is the number of a signal.
const WatchLeave = "leave"

// WatchEntered is what CommandWatch writes once the container is ready.
const WatchEntered = "entered"

// Command is what runs in the end.
type Command struct {
	Kind string `json:"kind"`
	Args []Text `json:"args,omitempty"`
	Text Text   `json:"text,omitempty"`
}

// Encode checks r and returns it as environment strings, "NAME=value".
func Encode(r Request) ([]string, error) {
	r.Version = Version
	if err := r.validate(); err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return nil, err
	}
	doc := strings.TrimSuffix(buf.String(), "\n")
	if len(doc) > maxSize {
		return nil, fmt.Errorf("the request to the container takes %d bytes; the limit is %d", len(doc), maxSize)
	}
	var parts []string
	for len(doc) > partSize {
		cut := partSize
		// A part is one environment string of the engine's JSON API, so it has to
		// be valid UTF-8 by itself.
		for !utf8.RuneStart(doc[cut]) {
			cut--
		}
		parts = append(parts, doc[:cut])
		doc = doc[cut:]
	}
	parts = append(parts, doc)

	env := []string{EnvName + "=" + strconv.Itoa(len(parts))}
	for i, part := range parts {
		env = append(env, partName(i+1)+"="+part)
	}
	return env, nil
}

func partName(n int) string { return EnvName + "_" + strconv.Itoa(n) }

// ErrNoRequest says that the environment holds no request.
var ErrNoRequest = errors.New("no request in the environment")

// Decode reads the request from environ and returns it with the environment
// that is left without it. A duplicate or missing part, an unknown field and
// another version are errors. A surplus part is the image's, whose ENV the engine
// adds below ours: it is dropped, or one line of a Dockerfile could stop every run.
func Decode(environ []string) (Request, []string, error) {
	var rest []string
	found := map[string]string{}
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		if name != EnvName && !strings.HasPrefix(name, EnvName+"_") {
			rest = append(rest, kv)
			continue
		}
		if _, dup := found[name]; dup {
			return Request{}, nil, fmt.Errorf("%s is there twice", name)
		}
		found[name] = value
	}
	count, ok := found[EnvName]
	if !ok {
		return Request{}, nil, ErrNoRequest
	}
	n, err := strconv.Atoi(count)
	if err != nil || strconv.Itoa(n) != count || n < 1 || n > maxParts {
		return Request{}, nil, fmt.Errorf("%s=%q is not a number of parts from 1 to %d", EnvName, count, maxParts)
	}
	var doc strings.Builder
	for i := 1; i <= n; i++ {
		part, ok := found[partName(i)]
		if !ok {
			return Request{}, nil, fmt.Errorf("%s is missing", partName(i))
		}
		doc.WriteString(part)
	}
	r, err := parse(doc.String())
	if err != nil {
		return Request{}, nil, fmt.Errorf("request: %w", err)
	}
	return r, rest, nil
}

func parse(doc string) (Request, error) {
	if len(doc) > maxSize {
		return Request{}, fmt.Errorf("%d bytes; the limit is %d", len(doc), maxSize)
	}
	var r Request
	dec := json.NewDecoder(strings.NewReader(doc))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		// Another version may have other fields: then that is what is wrong. Looking
		// at the version first would read every document twice.
		var head struct {
			Version int `json:"version"`
		}
		if json.Unmarshal([]byte(doc), &head) != nil || head.Version == Version {
			return Request{}, err
		}
		r.Version = head.Version
	}
	if r.Version != Version {
		return Request{}, fmt.Errorf("version %d, this ctenv-init reads %d", r.Version, Version)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Request{}, errors.New("something follows the document")
	}
	return r, r.validate()
}

// validate checks what ctenv-init relies on as root, on both sides of the wire.
func (r *Request) validate() error {
	if err := ValidUserName(string(r.User.Name)); err != nil {
		return err
	}
	if err := ValidUserName(string(r.User.Group)); err != nil {
		return fmt.Errorf("primary group: %w", err)
	}
	if err := validID(r.User.UID); err != nil {
		return fmt.Errorf("uid %w", err)
	}
	if err := validID(r.User.GID); err != nil {
		return fmt.Errorf("gid %w", err)
	}
	for _, g := range r.User.Groups {
		if err := ValidUserName(string(g.Name)); err != nil {
			return fmt.Errorf("supplementary group: %w", err)
		}
		if err := validID(g.GID); err != nil {
			return fmt.Errorf("supplementary group %q: gid %w", g.Name, err)
		}
	}
	if err := validPath("home", r.User.Home); err != nil {
		return err
	}
	// A colon or a newline would end the field or the line in /etc/passwd.
	if strings.ContainsAny(string(r.User.Home), ":\n") {
		return fmt.Errorf("home %q holds a colon or a newline, which /etc/passwd cannot", r.User.Home)
	}
	if err := validPath("workdir", r.Workdir); err != nil {
		return err
	}
	for _, m := range r.Mounts {
		if err := validPath("mount", m); err != nil {
			return err
		}
	}
	for _, c := range r.Chown {
		if err := validPath("chown", c); err != nil {
			return err
		}
		if path.Clean(string(c)) == "/" {
			return errors.New("chown: the root of the container is no volume")
		}
	}
	for _, kv := range r.Env {
		name, _, ok := strings.Cut(string(kv), "=")
		if !ok || name == "" {
			return fmt.Errorf("variable %q has no name or no value", kv)
		}
	}
	for _, list := range [][]Text{r.Env, r.PostStart, r.Setup, r.Command.Args, {r.Command.Text, r.Shell}} {
		for _, t := range list {
			if strings.ContainsRune(string(t), 0) {
				return fmt.Errorf("%q holds a NUL byte", t)
			}
		}
	}
	if r.Session != "" && !validSession(r.Session) {
		return fmt.Errorf("session %q is not of 32 hexadecimal digits", r.Session)
	}
	switch r.Command.Kind {
	case CommandArgv, CommandText, CommandShell:
	case CommandPause, CommandSetup:
		if r.Session != "" {
			return fmt.Errorf("command kind %q belongs to no session", r.Command.Kind)
		}
	case CommandReady, CommandWatch:
		if r.Session == "" {
			return fmt.Errorf("command kind %q has no session", r.Command.Kind)
		}
	case CommandArgs:
		if len(r.Command.Args) == 0 {
			return errors.New("command has no arguments")
		}
	default:
		return fmt.Errorf("command kind %q is unknown", r.Command.Kind)
	}
	if pauses := r.Command.Kind == CommandPause; pauses && !validSession(r.Mark) || !pauses && r.Mark != "" {
		return fmt.Errorf("mark %q is not what command kind %q has", r.Mark, r.Command.Kind)
	}
	return nil
}

// ValidUserName refuses the names that would end a field or a line of passwd(5)
// or group(5), or that nsswitch's compat mode reads as an instruction. Anything
// else is some directory service's everyday name: CORP\bob, a@b.c, José.
func ValidUserName(name string) error {
	switch {
	case name == "":
		return errors.New("the name is empty")
	case len(name) > 256:
		return fmt.Errorf("name %.32q… is longer than 256 bytes", name)
	case strings.ContainsAny(name, ":\n\x00"):
		return fmt.Errorf("name %q holds a colon, a newline or a NUL byte, which /etc/passwd cannot", name)
	case strings.ContainsAny(name[:1], "-+#"):
		return fmt.Errorf("name %q starts with %q, which /etc/passwd reads as something else", name, name[:1])
	}
	return nil
}

// validID refuses (uid_t)-1, which means "leave unchanged" to chown and setresuid.
func validID(id int) error {
	if id < 0 || int64(id) >= 1<<32-1 {
		return fmt.Errorf("%d is out of range", id)
	}
	return nil
}

// sessionLen is the length of a session's name and of a mark.
const sessionLen = 32

// validSession: it becomes part of a file's name.
func validSession(s string) bool {
	return len(s) == sessionLen && strings.Trim(s, "0123456789abcdef") == ""
}

func validPath(what string, p Text) error {
	if !strings.HasPrefix(string(p), "/") {
		return fmt.Errorf("%s %q is not an absolute path", what, p)
	}
	if strings.ContainsRune(string(p), 0) {
		return fmt.Errorf("%s %q holds a NUL byte", what, p)
	}
	return nil
}
