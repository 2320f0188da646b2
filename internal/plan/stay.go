package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"ctenv/internal/look"
	"ctenv/internal/wire"
)

// StayKey says which container that stays is meant: there is one for each.
type StayKey struct {
	ProjectDir string
	UID        int
	Container  string // "" for every one of the project
}

// StayKeyOf is the key of a container of h's caller and project, or, where it is
// "", of all of them.
func StayKeyOf(h look.Host, container string) StayKey {
	return StayKey{ProjectDir: h.Project(), UID: h.User.UID, Container: container}
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

// Note is what a container that stays tells those who join it: what they would
// otherwise ask the engine.
type Note struct {
	Name        string `json:"name"`
	Fingerprint string `json:"fingerprint"`
	Podman      bool   `json:"podman,omitempty"`
	Rootless    bool   `json:"rootless,omitempty"`
}

// Facts are those of the container's engine.
func (n Note) Facts() look.Facts { return look.Facts{Podman: n.Podman, Rootless: n.Rootless} }

// Exec is one command in a container that stays.
type Exec struct {
	Request wire.Request // without what is beside it
	Args    []string     // the command, where its kind is argv
	Env     []string     // on top of what the set-up ended with

	TTY       bool
	OpenStdin bool
	Detach    bool
}

// WithTerminal has ctenv-init set the size of the command's terminal.
func (x Exec) WithTerminal(rows, cols uint16) Exec {
	x.Request.Rows, x.Request.Cols = rows, cols
	return x
}

// Enter makes p, the plan of a run, a command in the container that stays: what
// p would set up is set up.
func (p Plan) Enter() Exec {
	r := p.Request.Joining()
	var env []string
	for _, v := range p.Env {
		env = append(env, v.Name+"="+v.Value)
	}
	for _, kv := range p.Request.Env {
		env = append(env, string(kv))
	}
	args := p.Cmd
	if r.Command.Kind == wire.CommandArgs {
		for _, arg := range r.Command.Args {
			args = append(args, string(arg))
		}
		r.Command = wire.Command{Kind: wire.CommandArgv}
	}
	if len(r.Binds) > 0 {
		r.BindHint = fmt.Sprintf("the container has what was there when it was started: `ctenv stop %s` ends it, and the next start has what is there now", p.Container)
		r.UIDMap = ""
	}
	if len(r.Worktrees) > 0 {
		r.WorktreeHint = fmt.Sprintf("; `ctenv restart %s` makes a container that keeps it", p.Container)
	}
	return Exec{Request: r, Args: args, Env: env, TTY: p.TTY, OpenStdin: p.OpenStdin, Detach: p.Detach}
}

// NoWord stands where the engine puts a random word, and in the line of --dry-run.
const NoWord = "00000000000000000000000000000000"

// Where the output of set-up goes, for `ctenv logs`, and how much of it is kept.
const (
	StayLogDriver = "json-file"
	StayLogSize   = "10m"
)
