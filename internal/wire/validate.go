package wire

import (
	"errors"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"
)

// Validate checks what ctenv-init relies on as root, on both sides of the wire.
func (r *Request) Validate() error {
	if err := r.validateMode(); err != nil || r.Mode == ModeRelay || r.Mode == ModeSignal || r.Mode == ModeSpare {
		return err
	}
	if r.Dir != "" && !IsDir(string(r.Dir)) {
		return fmt.Errorf("%q is no directory of ctenv's", r.Dir)
	}
	for _, check := range []func() error{r.validateUser, r.validatePaths, r.validateVolumes, r.validateTexts} {
		if err := check(); err != nil {
			return err
		}
	}
	if r.Install != nil {
		if err := r.Install.validate(); err != nil {
			return err
		}
	}
	if r.Timeout < 0 {
		return fmt.Errorf("a timeout of %d seconds is none", r.Timeout)
	}
	_, err := ParseUmask(r.Umask)
	return err
}

// validateUser checks who the command runs as: what would end a field or a line of an
// account file is nobody's name or home.
func (r *Request) validateUser() error {
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
	return nil
}

// validatePaths checks the paths of mounts and of what is on the way to them.
func (r *Request) validatePaths() (err error) {
	check := func(what string, p Text) {
		if err == nil {
			err = validPath(what, p)
		}
	}
	check("workdir", r.Workdir)
	for _, m := range r.Mounts {
		check("mount", m)
	}
	for _, w := range r.Worktrees {
		check("worktree", w.Path)
		if w.Link != "" {
			check("worktree's place", w.Link)
		}
	}
	for _, p := range r.Parents {
		check("directory", p.Path)
		if err == nil && p.Mode > 0o777 {
			err = fmt.Errorf("directory %q: mode %o is more than permissions", p.Path, p.Mode)
		}
	}
	for _, b := range r.Binds {
		check("bind mount", b.Target)
	}
	return err
}

// validateVolumes checks what changes its owner.
func (r *Request) validateVolumes() error {
	for _, c := range r.Chown {
		if err := validPath("chown", c); err != nil {
			return err
		}
		if path.Clean(string(c)) == "/" {
			return errors.New("chown: the root of the container is no volume")
		}
	}
	for _, o := range r.Owners {
		if !slices.Contains(r.Chown, o.Target) {
			return fmt.Errorf("owner: %q is no volume that changes owner", o.Target)
		}
	}
	return nil
}

// validateTexts checks variables and commands.
func (r *Request) validateTexts() error {
	for _, kv := range r.Env {
		name, _, ok := strings.Cut(string(kv), "=")
		if !ok || name == "" {
			return fmt.Errorf("variable %q has no name or no value", name)
		}
	}
	if err := errors.Join(validJoined(r.PostStartJoined, len(r.PostStart)), validJoined(r.SetupJoined, len(r.Setup))); err != nil {
		return err
	}
	for _, list := range [][]Text{r.Env, r.PostStart, r.Setup, r.Command.Args, {r.Command.Text, r.Shell, r.Health}} {
		for _, t := range list {
			if strings.ContainsRune(string(t), 0) {
				return errors.New("a variable or a command holds a NUL byte")
			}
		}
	}
	return nil
}

// validateMode checks what belongs to a mode.
func (r *Request) validateMode() error {
	switch r.Mode {
	case ModeRun, ModeJoin, ModeServe, ModeSetup, ModeRelay, ModeSignal, ModeSpare:
	default:
		return fmt.Errorf("mode %q is unknown", r.Mode)
	}
	if serves := r.Mode == ModeServe || r.Mode == ModeRelay; serves != (r.Serve != nil) {
		return fmt.Errorf("mode %q and what is served do not fit", r.Mode)
	}
	if signals := r.Mode == ModeSignal; signals != slices.Contains([]int{1, 2, 3, SignalContinue}, r.Signal) || !signals && r.Signal != 0 {
		return fmt.Errorf("mode %q and signal %d do not fit", r.Mode, r.Signal)
	}
	if r.Serve != nil && !ValidWord(r.Serve.Word) {
		return fmt.Errorf("the word %q is not of 32 hexadecimal digits", r.Serve.Word)
	}
	if r.Health != "" && r.Command.Kind == CommandArgv {
		return fmt.Errorf("command kind %q leaves no argument for the health check", r.Command.Kind)
	}
	if r.Hello != "" && (r.Mode != ModeRun && r.Mode != ModeServe || !ValidWord(r.Hello)) {
		return fmt.Errorf("hello %q is not of 32 hexadecimal digits, or in mode %q", r.Hello, r.Mode)
	}
	if r.Streams != "" {
		if r.Mode != ModeRun && r.Mode != ModeServe {
			return fmt.Errorf("mode %q has the engine's streams", r.Mode)
		}
		if !ValidWord(r.Streams) {
			return fmt.Errorf("streams %q is not of 32 hexadecimal digits", r.Streams)
		}
	}
	if err := r.validateJoin(); err != nil {
		return err
	}
	if runs := r.Mode == ModeRun || r.Mode == ModeJoin; !runs {
		if r.Command.Kind != "" {
			return fmt.Errorf("mode %q has no command", r.Mode)
		}
		return nil
	}
	switch r.Progress {
	case "", ProgressLines, ProgressQuiet:
	default:
		return fmt.Errorf("progress %q is unknown", r.Progress)
	}
	switch r.Command.Kind {
	case CommandArgv, CommandText, CommandShell:
	case CommandArgs:
		if len(r.Command.Args) == 0 {
			return errors.New("command has no arguments")
		}
	default:
		return fmt.Errorf("command kind %q is unknown", r.Command.Kind)
	}
	return nil
}

// validateJoin refuses in a command that joins what belongs to the first start alone.
func (r *Request) validateJoin() error {
	if r.Mode == ModeJoin && !reflect.DeepEqual(*r, r.JoinedBy(*r)) {
		return errors.New("a command that joins sets nothing up")
	}
	return nil
}

// validJoined checks that parts of a list of n follow each other.
func validJoined(parts []Joined, n int) error {
	before := 0
	for _, j := range parts {
		if j.First <= before || j.Last <= j.First || j.Last > n {
			return fmt.Errorf("commands %d to %d are no part of %d after %d", j.First, j.Last, n, before)
		}
		if strings.ContainsRune(string(j.Text), 0) {
			return fmt.Errorf("commands %d to %d hold a NUL byte", j.First, j.Last)
		}
		before = j.Last
	}
	return nil
}

// ValidWord says whether a word is one of ctenv's, which become parts of names of sockets and
// directories.
func ValidWord(s string) bool {
	return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == ""
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

func validPath(what string, p Text) error {
	if !strings.HasPrefix(string(p), "/") {
		return fmt.Errorf("%s %q is not an absolute path", what, p)
	}
	if strings.ContainsRune(string(p), 0) {
		return fmt.Errorf("%s %q holds a NUL byte", what, p)
	}
	return nil
}
