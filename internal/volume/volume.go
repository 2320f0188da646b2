// Package volume reads volumes and paths as they are written.
package volume

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"strings"
	"sync"

	"ctenv/internal/below"
	"ctenv/internal/config"
	"ctenv/internal/look"
	"ctenv/internal/mistake"
	"ctenv/internal/nearest"
	"ctenv/internal/slug"
	"ctenv/internal/template"
	"ctenv/internal/wire"
)

// Spec is a volume as it is written, expanded and taken apart.
type Spec struct {
	At   config.String // where it is written
	Key  string
	Host string // absolute path, or the name of a volume
	// Named: host is the name of a volume.
	Named  bool
	Target string // "" when not given
	Options
}

// Reader reads volumes and paths. A relative path belongs to the directory of the file that
// it is written in, or on the command line to cwd.
type Reader struct {
	Vars *template.Vars
	User wire.User
	Cwd  string
}

// Options are those of a mount.
type Options struct {
	ReadOnly, readWrite bool
	Chown, Optional     bool
	Create              bool // a missing directory is made, as the caller
	Relabel             string
	Propagation         string
	Consistency         string
	NoCopy              bool
	Podman              string // mount options that podman alone takes, with commas
}

// Shared says that what is mounted in the container appears on the host.
func (o Options) Shared() bool { return strings.HasSuffix(o.Propagation, "shared") }

// set takes one option; it says whether it is known.
func (o *Options) set(opt string) bool {
	switch opt {
	case "ro", "readonly":
		o.ReadOnly = true
	case "rw":
		o.readWrite = true
	case "chown", "U":
		o.Chown = true
	case "optional":
		o.Optional = true
	case "create":
		o.Create = true
	case "z", "Z":
		o.Relabel = opt
	case "shared", "rshared", "slave", "rslave", "private", "rprivate":
		o.Propagation = opt
	case "cached", "delegated", "consistent":
		o.Consistency = opt
	case "nocopy":
		o.NoCopy = true
	case "noexec", "nosuid", "nodev", "exec", "suid", "dev":
		o.Podman = strings.TrimPrefix(o.Podman+","+opt, ",")
	default:
		return false
	}
	return true
}

var optionNames = []string{"ro", "rw", "chown", "optional", "create", "z", "Z", "cached", "delegated", "consistent", "nocopy",
	"shared", "rshared", "slave", "rslave", "private", "rprivate"}

// Options reads OPTION[,OPTION...]. A template stands for one of them.
func (x Reader) Options(text string) (Options, error) {
	var o Options
	for _, raw := range template.SplitAt(text, ',') {
		opt, err := x.Vars.Text(raw, template.Strict)
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
	case o.ReadOnly && o.readWrite:
		return o, mistake.Refuse("ro and rw exclude each other", "")
	case o.ReadOnly && o.Chown:
		return o, mistake.Refuse("chown needs a writable mount, and this one is ro", "leave one of them out")
	}
	return o, nil
}

// onlyOptions says whether every part of a field is a known option, so that the
// field cannot be meant as a path.
func onlyOptions(field string) bool {
	var o Options
	for _, opt := range strings.Split(field, ",") {
		if !o.set(opt) {
			return false
		}
	}
	return true
}

var namePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`) })

// ValidName says whether docker takes a name for a volume, and for a container
// (moby, daemon/names: RestrictedNamePattern).
func ValidName(name string) bool { return namePattern().MatchString(name) }

// Parse reads HOST[:CONTAINER][:OPTIONS] or HOST::OPTIONS.
func (x Reader) Parse(s config.String, key string) (Spec, error) {
	sp := Spec{At: s, Key: key}
	fields := template.SplitAt(s.V, ':')
	fail := func(msg, hint string) (Spec, error) {
		return sp, &config.Error{Pos: s.Pos, Msg: fmt.Sprintf("%s: %q: %s", key, s.V, msg), Hint: hint}
	}
	failErr := func(err error) (Spec, error) { return sp, mistake.Wrap(s, key, err) }
	const form = "write HOST[:CONTAINER][:OPTIONS]"
	defer x.Vars.At(s.Pos)()
	if len(fields) > 3 {
		return fail("too many colons", form)
	}

	// The host's side decides between path and volume as it is written: the value
	// of ${USER} in a volume's name must not make it a path.
	named := !strings.ContainsRune(fields[0], '/')
	v := x.Vars
	if named {
		v = x.volumeVars()
	}
	host, err := v.Text(fields[0], template.Strict)
	x.Vars.Unslugged = v.Unslugged
	if err != nil {
		return failErr(err)
	}
	switch {
	case host == "":
		return fail("names nothing on the host", form)
	case strings.ContainsRune(host, '/') || host == "." || host == ".." || host == "~":
		if sp.Host, err = x.hostPath(host, s.Pos); err != nil {
			return failErr(err)
		}
	case ValidName(template.Plain(host)):
		sp.Host, sp.Named = host, true
	default:
		return fail(fmt.Sprintf("%q is no name for a volume", host), "letters, digits, _ . and - only, two at least; ./"+host+" is a path")
	}

	target, opts := "", ""
	if len(fields) > 1 {
		if target, err = x.Vars.Text(fields[1], template.Strict); err != nil {
			return failErr(err)
		}
	}
	if len(fields) > 2 {
		opts = fields[2]
	} else if target != "" && target[0] != '/' && target[0] != '~' {
		if !onlyOptions(target) {
			if _, err := x.Options(fields[1]); err != nil && !strings.ContainsRune(target, '/') {
				return failErr(err)
			}
			return fail(fmt.Sprintf("%q is neither an absolute path in the container nor an option", target), form)
		}
		target, opts = "", fields[1]
	}
	if sp.Options, err = x.Options(opts); err != nil {
		return failErr(err)
	}
	if target != "" {
		if sp.Target, err = x.ContainerPath(target); err != nil {
			return failErr(err)
		}
	} else if sp.Named {
		return fail("a named volume needs a place in the container", "write "+host+":/path")
	}
	return sp, nil
}

// Reserved says whether a path of the container begins with a name that is ctenv's, or
// that it might choose.
func Reserved(target string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(target, "/"), "/")
	return "/"+first == wire.Dir || strings.HasPrefix("/"+first, wire.DirOf(""))
}

// Check refuses what cannot be mounted, whatever is there.
func (sp Spec) Check() error {
	switch {
	case tooDeep(sp.Target):
		return mistake.At(sp.At, sp.Key, "%q: its place in the container is more than %d directories deep", sp.At.V, maxDepth)
	case sp.Target == "/":
		return mistake.At(sp.At, sp.Key, "%q: nothing can be mounted over the root of the container", sp.At.V)
	case Reserved(sp.Target):
		return mistake.At(sp.At, sp.Key, "%q: %s is ctenv's own", sp.At.V, wire.Dir)
	case wire.OfKernel(sp.Target) && sp.Host != "/proc":
		return mistake.At(sp.At, sp.Key, "%q: nothing is mounted over %s, by which ctenv-init knows the kernel and what is mounted", sp.At.V, sp.Target)
	case sp.Create && sp.Named:
		return mistake.At(sp.At, sp.Key, "%q: create is for paths, and the engine makes the volume %q where it is missing", sp.At.V, sp.Host)
	case sp.Create && sp.Optional:
		return mistake.At(sp.At, sp.Key, "%q: create and optional exclude each other", sp.At.V)
	case sp.NoCopy && !sp.Named:
		return mistake.At(sp.At, sp.Key, "%q: nocopy is for named volumes, and %q is a path", sp.At.V, sp.Host)
	case sp.Propagation != "" && sp.Named:
		return mistake.At(sp.At, sp.Key, "%q: %s is for paths, and %q is a named volume", sp.At.V, sp.Propagation, sp.Host)
	}
	return nil
}

// hostPath makes p absolute: ~ is the caller's home, a relative path belongs to
// the directory of the source it is written in.
func (x Reader) hostPath(p string, at config.Pos) (string, error) {
	switch {
	case strings.ContainsRune(p, 0):
		return "", mistake.Refuse("holds a NUL byte", "")
	case p == "~" || strings.HasPrefix(p, "~/"):
		return path.Join(string(x.User.Home), p[1:]), nil
	case p[0] == '~':
		return "", mistake.Refuse(fmt.Sprintf("%q: only the caller's own ~ is known", p), "write the path")
	case p[0] == '/':
		return path.Clean(p), nil
	case p == "." || p == ".." || strings.HasPrefix(p, "./") || strings.HasPrefix(p, "../"):
		dir := x.Cwd
		if at.Source != nil && at.Source.Dir != "" {
			dir = at.Source.Dir
		}
		return path.Join(dir, p), nil
	}
	if p[0] == '$' {
		name, rest, _ := strings.Cut(p[1:], "/")
		if _, ok := x.Vars.Values[name]; !ok {
			name = "env." + name
		}
		return "", mistake.Refuse(fmt.Sprintf("%q: a variable stands in braces", p), "write ${"+name+"}/"+rest)
	}
	return "", mistake.Refuse(fmt.Sprintf("%q is neither a path nor the name of a volume", p), "write ./"+p+" for a path")
}

// ContainerPath checks and cleans an absolute path in the container.
func (x Reader) ContainerPath(p string) (string, error) {
	if p == "~" || strings.HasPrefix(p, "~/") {
		p = string(x.User.Home) + p[1:]
	}
	if p == "" {
		return "", mistake.Refuse("the path is empty", "")
	}
	if !strings.HasPrefix(p, "/") {
		return "", mistake.Refuse("not an absolute path in the container", "write "+path.Join("/", p))
	}
	if strings.ContainsRune(p, 0) {
		return "", mistake.Refuse("holds a NUL byte", "")
	}
	if p = path.Clean(p); tooDeep(p) {
		return "", mistake.Refuse(fmt.Sprintf("it is more than %d directories deep", maxDepth), "")
	}
	return p, nil
}

// maxDepth is how deep a path of the container may lie: each directory on the way is looked
// at, for each mount.
const maxDepth = 100

func tooDeep(p string) bool { return strings.Count(p, "/") > maxDepth }

// Path is hostPath where no volume can be meant: a bare name is a path too.
func (x Reader) Path(p string, at config.Pos) (string, error) {
	if p == "" {
		return "", mistake.Refuse("the path is empty", "")
	}
	if p[0] != '/' && p[0] != '~' {
		p = "./" + p
	}
	return x.hostPath(p, at)
}

// volumeVars are the names as a volume's name may hold them: a user name that
// could not stand in one is slugged.
func (x Reader) volumeVars() *template.Vars {
	v := *x.Vars
	v.Values = maps.Clone(x.Vars.Values)
	if name := string(x.User.Name); !ValidName("x" + name) {
		v.Values["USER"], v.Values["user_name"] = slug.Of(name), slug.Of(name)
	}
	return &v
}

// Around finds the mount that a path of the container lies in, and the path's place below
// it. Of two at one place it is the later.
func Around(mounts []Spec, target string) (outer Spec, rel string, ok bool) {
	for _, sp := range mounts {
		if r, in := below.Rel(sp.Target, target); in && len(sp.Target) >= len(outer.Target) {
			outer, rel, ok = sp, r, true
		}
	}
	return outer, rel, ok
}

// PointIn gives the mount point of target when it lies strictly inside the
// bind mount outer.
func PointIn(outer Spec, target string) (look.Point, bool) {
	rel, ok := below.Rel(outer.Target, target)
	if outer.Named || !ok || rel == "." {
		return look.Point{}, false
	}
	return look.Point{Root: outer.Host, Target: outer.Target, Rel: rel}, true
}
