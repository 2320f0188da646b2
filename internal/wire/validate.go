package wire

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

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
	if r.Streams != "" {
		if r.Session != "" || r.Command.Kind == CommandPause || r.Command.Kind == CommandSetup {
			return fmt.Errorf("command kind %q has the engine's streams", r.Command.Kind)
		}
		if !validSession(r.Streams) {
			return fmt.Errorf("streams %q is not of 32 hexadecimal digits", r.Streams)
		}
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

func validPath(what string, p Text) error {
	if !strings.HasPrefix(string(p), "/") {
		return fmt.Errorf("%s %q is not an absolute path", what, p)
	}
	if strings.ContainsRune(string(p), 0) {
		return fmt.Errorf("%s %q holds a NUL byte", what, p)
	}
	return nil
}
