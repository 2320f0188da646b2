package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/wire"
)

// The labels of a container that stays.
const (
	// LabelStays is the version of the request that its ctenv-init reads.
	LabelStays = labelPrefix + "stays"
	// LabelUID is the caller's: a project may be shared, an account is not.
	LabelUID = labelPrefix + "uid"
	// LabelConfig is the Fingerprint of the files' configuration.
	LabelConfig = labelPrefix + "config"
)

// Where the output of set-up goes, for `ctenv logs`, and how much of it is kept.
const (
	StayLogDriver = "json-file"
	StayLogSize   = "10m"
)

// stayPID is ${pid} in a container that stays, which outlives the process that
// made it.
const stayPID = "stay"

// staySize is room for an environment, of 2 MiB at most, and for the notes about
// the commands that run.
const staySize = 16 << 20

// ExpandStay is Expand for a container that stays. Its commands come later.
func ExpandStay(c config.Container, host Host) (*Draft, error) {
	d, err := expand(c, host, nil, stayPID)
	if d != nil {
		d.stay = true
	}
	return d, err
}

// NoMark stands where the engine puts a random one, and in the line of --dry-run.
const NoMark = "00000000000000000000000000000000"

func (d *Draft) buildStay(p *Plan) {
	p.Stay, p.Detach = true, true
	p.TTY, p.OpenStdin = false, false
	p.Cmd = nil
	p.Request.Command = wire.Command{Kind: wire.CommandPause}
	p.Request.Mark = NoMark
	p.Mounts = append(p.Mounts, Mount{Type: MountTmpfs, Target: wire.StayDir, Size: staySize, Mode: 0o700})
	p.Labels[LabelStays] = strconv.Itoa(wire.Version)
	p.Labels[LabelUID] = strconv.Itoa(d.host.User.UID)
	p.build = d.imageBuild()
	p.Labels[LabelConfig] = p.Fingerprint()
}

// Fingerprint identifies the configuration behind a plan. What differs between
// two calls with one configuration is no part of it: the process, the terminal,
// the caller's place in the project, what exists on the host by now, variables
// that are passed from the host, and the ctenv that is installed.
func (p Plan) Fingerprint() string {
	p.TTY, p.OpenStdin, p.Detach = false, false, false
	p.WorkingDir, p.HostPaths, p.Notes, p.Warnings = "", nil, nil, nil

	labels := map[string]string{}
	for k, v := range p.Labels {
		if !strings.HasPrefix(k, labelPrefix) {
			labels[k] = v
		}
	}
	p.Labels, p.NetworkLabels = labels, nil

	var mounts []Mount
	for _, m := range p.Mounts {
		if m.Target != wire.InitPath {
			mounts = append(mounts, m)
		}
	}
	p.Mounts = mounts

	var vars []Var
	for _, v := range p.Env {
		if !p.passed[v.Name] {
			vars = append(vars, v)
		}
	}
	p.Env = vars

	r := &p.Request
	var raw []wire.Text
	for _, kv := range r.Env {
		if name, _, _ := strings.Cut(string(kv), "="); !p.passed[name] {
			raw = append(raw, kv)
		}
	}
	var keep []string
	for _, name := range r.Keep {
		if !p.passed[name] {
			keep = append(keep, name)
		}
	}
	r.Env, r.Keep = raw, keep
	r.Workdir, r.Mark, r.Command = "", "", wire.Command{}
	r.Verbosity, r.Live, r.Rows, r.Cols = 0, false, 0, 0

	doc, err := json.Marshal(struct {
		Plan
		Passes []string
		Build  *ImageBuild
	}{p, p.passes, p.build})
	if err != nil {
		return "" // a plan holds nothing that JSON has no word for
	}
	sum := sha256.Sum256(doc)
	return hex.EncodeToString(sum[:16])
}

// StayKey says which container that stays is meant: there is one for each.
type StayKey struct {
	ProjectDir string
	UID        int
	Container  string // "" for every one of the project
}

// StayKey is the key of p, and of none without p.Stay.
func (p Plan) StayKey() StayKey {
	// Not the request's uid: on some engines that is another one.
	uid, _ := strconv.Atoi(p.Labels[LabelUID])
	return StayKey{ProjectDir: p.Labels[LabelProjectDir], UID: uid, Container: p.Container}
}

// SecondName is the name of a container that stays where p.Name belongs to
// something else. It is always the same one, so that two starts at once meet.
func (p Plan) SecondName() string {
	key := p.StayKey()
	sum := sha256.Sum256([]byte(key.ProjectDir + "\x00" + strconv.Itoa(key.UID) + "\x00" + key.Container))
	return p.Name + "-" + hex.EncodeToString(sum[:4])
}

// StayKeyOf is the key of a container of h's caller and project, or, where it is
// "", of all of them.
func StayKeyOf(h Host, container string) StayKey {
	return StayKey{ProjectDir: projectDir(h), UID: h.User.UID, Container: container}
}

// DefaultContainer is the name of the container that has none.
const DefaultContainer = "default"

// Exec is one command in a container that stays.
type Exec struct {
	Cmd     []string // ctenv-init and its arguments
	Request wire.Request

	TTY       bool
	OpenStdin bool
	Detach    bool
}

// Enter makes p, the plan of a run, a command in the container that stays: what
// p would set up is set up. The variables in p go on top of those that the set-up
// ended with. session is random.
func (p Plan) Enter(session string) Exec {
	r := p.Request
	var env []wire.Text
	for _, v := range p.Env {
		env = append(env, wire.Text(v.Name+"="+v.Value))
	}
	r.Session, r.Mark, r.Env = session, "", append(env, r.Env...)
	r.PostStart, r.Setup, r.Sudo, r.Mounts = nil, nil, false, nil
	return Exec{
		Cmd: append(append([]string{}, p.Entrypoint...), p.Cmd...), Request: r,
		TTY: p.TTY, OpenStdin: p.OpenStdin, Detach: p.Detach,
	}
}

// ExpandExec is Expand for a command in a container that stays. flags are the
// command line's part of c: the variables of the rest are in the container already,
// and its command, its image's ENTRYPOINT and its background are a run's.
func ExpandExec(c, flags config.Container, host Host, args []string) (*Draft, error) {
	c.Env, c.EnvFile, c.Detach = flags.Env, nil, flags.Detach
	c.Command, c.ImageEntrypoint = config.Command{}, config.Value[bool]{}
	return expand(c, host, args, stayPID)
}
