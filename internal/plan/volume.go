package plan

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"sync"

	"ctenv/internal/config"
	"ctenv/internal/mistake"
	"ctenv/internal/nearest"
	"ctenv/internal/template"
	"ctenv/internal/wire"
)

// spec is a volume as it is written, expanded and taken apart.
type spec struct {
	at   config.String // where it is written
	key  string
	host string // absolute path, or the name of a volume
	// named: host is the name of a volume.
	named  bool
	target string // "" when not given
	options
}

type options struct {
	readOnly, readWrite bool
	chown, optional     bool
	create              bool // a missing directory is made, as the caller
	relabel             string
	propagation         string
	consistency         string
	noCopy              bool
	podman              string // mount options that podman alone takes, with commas
}

// shared says that what is mounted in the container appears on the host.
func (o options) shared() bool { return strings.HasSuffix(o.propagation, "shared") }

// set takes one option; it says whether it is known.
func (o *options) set(opt string) bool {
	switch opt {
	case "ro", "readonly":
		o.readOnly = true
	case "rw":
		o.readWrite = true
	case "chown", "U":
		o.chown = true
	case "optional":
		o.optional = true
	case "create":
		o.create = true
	case "z", "Z":
		o.relabel = opt
	case "shared", "rshared", "slave", "rslave", "private", "rprivate":
		o.propagation = opt
	case "cached", "delegated", "consistent":
		o.consistency = opt
	case "nocopy":
		o.noCopy = true
	case "noexec", "nosuid", "nodev", "exec", "suid", "dev":
		o.podman = strings.TrimPrefix(o.podman+","+opt, ",")
	default:
		return false
	}
	return true
}

var optionNames = []string{"ro", "rw", "chown", "optional", "create", "z", "Z", "cached", "delegated", "consistent", "nocopy",
	"shared", "rshared", "slave", "rslave", "private", "rprivate"}

// options reads OPTION[,OPTION...]. A template stands for one of them.
func (x *expansion) options(text string) (options, error) {
	var o options
	for _, raw := range template.SplitAt(text, ',') {
		opt, err := x.vars.Text(raw, template.Strict)
		if err != nil {
			return o, err
		}
		if opt == "" {
			continue
		}
		if !o.set(opt) {
			msg := fmt.Sprintf("unknown option %q", opt)
			if near := nearest.Of(opt, optionNames); near != "" {
				return o, mistake.Refuse(msg, fmt.Sprintf("did you mean %q?", near))
			}
			return o, mistake.Refuse(msg, "options are "+strings.Join(optionNames, ", "))
		}
	}
	switch {
	case o.readOnly && o.readWrite:
		return o, mistake.Refuse("ro and rw exclude each other", "")
	case o.readOnly && o.chown:
		return o, mistake.Refuse("chown needs a writable mount, and this one is ro", "leave one of them away")
	}
	return o, nil
}

// onlyOptions says whether every part of a field is a known option, so that the
// field cannot be meant as a path.
func onlyOptions(field string) bool {
	var o options
	for _, opt := range strings.Split(field, ",") {
		if !o.set(opt) {
			return false
		}
	}
	return true
}

// volumeName is what docker takes for a volume and a container
// (moby, daemon/names: RestrictedNamePattern).
var volumeName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`) })

// parseVolume reads HOST[:CONTAINER][:OPTIONS] or HOST::OPTIONS.
func (x *expansion) parseVolume(s config.String, key string) (spec, error) {
	sp := spec{at: s, key: key}
	fields := template.SplitAt(s.V, ':')
	fail := func(msg, hint string) (spec, error) {
		return sp, &config.Error{Pos: s.Pos, Msg: fmt.Sprintf("%s: %q: %s", key, s.V, msg), Hint: hint}
	}
	failErr := func(err error) (spec, error) { return sp, mistake.Wrap(s, key, err) }
	const form = "write HOST[:CONTAINER][:OPTIONS]"
	if len(fields) > 3 {
		return fail("too many colons", form)
	}

	// The host's side decides between path and volume as it is written: the value
	// of ${USER} in a volume's name must not make it a path.
	named := !strings.ContainsRune(fields[0], '/')
	v := x.vars
	if named {
		v = x.volumeVars()
	}
	host, err := v.Text(fields[0], template.Strict)
	if err != nil {
		return failErr(err)
	}
	switch {
	case host == "":
		return fail("names nothing on the host", form)
	case strings.ContainsRune(host, '/') || host == "." || host == ".." || host == "~":
		if sp.host, err = x.hostPath(host, s.Pos); err != nil {
			return failErr(err)
		}
	case volumeName().MatchString(host):
		sp.host, sp.named = host, true
	default:
		return fail(fmt.Sprintf("%q is no name for a volume", host), "letters, digits, _ . and - only, two at least; ./"+host+" is a path")
	}

	target, opts := "", ""
	if len(fields) > 1 {
		if target, err = x.vars.Text(fields[1], template.Strict); err != nil {
			return failErr(err)
		}
	}
	if len(fields) > 2 {
		opts = fields[2]
	} else if target != "" && target[0] != '/' && target[0] != '~' {
		if !onlyOptions(target) {
			if _, err := x.options(fields[1]); err != nil && !strings.ContainsRune(target, '/') {
				return failErr(err)
			}
			return fail(fmt.Sprintf("%q is neither an absolute path in the container nor an option", target), form)
		}
		target, opts = "", fields[1]
	}
	if sp.options, err = x.options(opts); err != nil {
		return failErr(err)
	}
	if target != "" {
		if sp.target, err = x.containerPath(target); err != nil {
			return failErr(err)
		}
	} else if sp.named {
		return fail("a named volume needs a place in the container", "write "+host+":/path")
	}
	return sp, nil
}

// ownName says whether a path of the container begins with a name that is ctenv's, or
// that it might choose.
func ownName(target string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(target, "/"), "/")
	return "/"+first == wire.Dir || strings.HasPrefix("/"+first, wire.DirOf(""))
}

// check refuses what cannot be mounted, whatever is there.
func (sp spec) check() error {
	switch {
	case sp.target == "/":
		return mistake.At(sp.at, sp.key, "%q: nothing can be mounted over the root of the container", sp.at.V)
	case ownName(sp.target):
		return mistake.At(sp.at, sp.key, "%q: %s is ctenv's own", sp.at.V, wire.Dir)
	case sp.create && sp.named:
		return mistake.At(sp.at, sp.key, "%q: create is for paths, and the engine makes the volume %q where it is missing", sp.at.V, sp.host)
	case sp.create && sp.optional:
		return mistake.At(sp.at, sp.key, "%q: create and optional exclude each other", sp.at.V)
	case sp.noCopy && !sp.named:
		return mistake.At(sp.at, sp.key, "%q: nocopy is for named volumes, and %q is a path", sp.at.V, sp.host)
	case sp.propagation != "" && sp.named:
		return mistake.At(sp.at, sp.key, "%q: %s is for paths, and %q is a named volume", sp.at.V, sp.propagation, sp.host)
	}
	return nil
}

// hostPath makes p absolute: ~ is the caller's home, a relative path belongs to
// the directory of the source it is written in.
func (x *expansion) hostPath(p string, at config.Pos) (string, error) {
	switch {
	case strings.ContainsRune(p, 0):
		return "", mistake.Refuse("holds a NUL byte", "")
	case p == "~" || strings.HasPrefix(p, "~/"):
		return path.Join(string(x.host.User.Home), p[1:]), nil
	case p[0] == '~':
		return "", mistake.Refuse(fmt.Sprintf("%q: only the caller's own ~ is known", p), "write the path")
	case p[0] == '/':
		return path.Clean(p), nil
	case p == "." || p == ".." || strings.HasPrefix(p, "./") || strings.HasPrefix(p, "../"):
		dir := x.host.Cwd
		if at.Source != nil && at.Source.Dir != "" {
			dir = at.Source.Dir
		}
		return path.Join(dir, p), nil
	}
	if p[0] == '$' {
		name, rest, _ := strings.Cut(p[1:], "/")
		if _, ok := x.vars.Values[name]; !ok {
			name = "env." + name
		}
		return "", mistake.Refuse(fmt.Sprintf("%q: a variable stands in braces", p), "write ${"+name+"}/"+rest)
	}
	return "", mistake.Refuse(fmt.Sprintf("%q is neither a path nor the name of a volume", p), "write ./"+p+" for a path")
}

// containerPath checks and cleans an absolute path in the container.
func (x *expansion) containerPath(p string) (string, error) {
	if p == "~" || strings.HasPrefix(p, "~/") {
		p = string(x.host.User.Home) + p[1:]
	}
	if p == "" {
		return "", mistake.Refuse("the path is empty", "")
	}
	if !strings.HasPrefix(p, "/") {
		return "", mistake.Refuse("no absolute path in the container", "write "+path.Join("/", p))
	}
	if strings.ContainsRune(p, 0) {
		return "", mistake.Refuse("holds a NUL byte", "")
	}
	return path.Clean(p), nil
}
