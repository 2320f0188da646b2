package runargs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/docker/cli/opts"
)

// capability spells a name of capabilities(7) as the engine does. Which names
// there are is up to the engine's kernel.
func capability(s string) (string, error) {
	if strings.ContainsAny(s, " \t,=") {
		return "", errors.New("want one capability, such as SYS_PTRACE")
	}
	return opts.NormalizeCapability(s), nil
}

// setSecurityOpt takes NAME=VALUE (or NAME:VALUE, docker's old form) or
// no-new-privileges.
func setSecurityOpt(t *target, value string) error {
	if _, _, err := securityOpt(value); err != nil {
		return err
	}
	t.host.SecurityOpt = append(t.host.SecurityOpt, value)
	return nil
}

func securityOpt(s string) (name, value string, err error) {
	name, value, ok := strings.Cut(s, "=")
	if name == "no-new-privileges" {
		return name, value, nil
	}
	if !ok {
		name, value, _ = strings.Cut(s, ":")
	}
	if name == "" || value == "" {
		return "", "", errors.New("want NAME=VALUE or no-new-privileges")
	}
	return name, value, nil
}

// seccompFile is the file that a security option names, or "". "unconfined" and
// "builtin" are profiles that the engine knows.
func seccompFile(s string) string {
	name, value, err := securityOpt(s)
	if err != nil || name != "seccomp" || value == "unconfined" || value == "builtin" {
		return ""
	}
	return value
}

// Profile is the file of the seccomp profile that an option names, or "".
func (a Arg) Profile() string {
	if a.Name != "security-opt" {
		return ""
	}
	return seccompFile(a.Value)
}

// finishSecurity does the two things that docker's command does on the client's
// side: a seccomp profile travels as its content, and systempaths=unconfined means
// that no path is masked or read-only.
func (t *target) finishSecurity(profiles map[string]string) error {
	var kept []string
	for _, o := range t.host.SecurityOpt {
		if o == "systempaths=unconfined" {
			t.host.MaskedPaths, t.host.ReadonlyPaths = []string{}, []string{}
			continue
		}
		if file := seccompFile(o); file != "" {
			profile, ok := profiles[file]
			if !ok {
				return fmt.Errorf("--security-opt: nobody has read the seccomp profile %q", file)
			}
			o = "seccomp=" + profile
		}
		kept = append(kept, o)
	}
	t.host.SecurityOpt = kept
	return nil
}
