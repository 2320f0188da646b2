package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"syscall"

	"ctenv/internal/engine"
	"ctenv/internal/handover"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
	"ctenv/internal/wire"
)

// preface is what a container's streams carry before ctenv-init says that it runs: words
// of the engine's own init, which cannot execute ctenv-init from a file system mounted
// noexec, against a policy of SELinux or AppArmor, or when it is damaged.
type preface struct {
	hello string // "" where a witness says it
	init  string // ctenv-init on this machine
	path  string // in the container

	mu    sync.Mutex
	over  bool // ctenv-init runs, or there is no telling
	ended bool // the container has ended: its code and what is held are judged
	held  []*heldWriter
}

// newPreface is for a container of p, which is given back with ctenv-init saying that it
// runs. Where a log would get the word, a witness says so instead; without one there is
// none, and nil is returned.
func newPreface(p plan.Plan, witness *handover.Handover) (*preface, plan.Plan) {
	b := &preface{init: p.InitSource(), path: p.Request.InitPath()}
	if witness != nil {
		return b, p
	}
	if p.Detach || p.OwnLog() {
		return nil, p
	}
	word := handover.NewWord()
	b.hello = wire.HelloText(word)
	return b, p.WithHello(word)
}

// holding gives a writer to a stream that holds what comes before ctenv-init's word.
func (b *preface) holding(to io.Writer) io.Writer {
	if b == nil {
		return to
	}
	w := &heldWriter{b: b, to: to}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held = append(b.held, w)
	return w
}

type heldWriter struct {
	b    *preface
	to   io.Writer
	data []byte
}

func (w *heldWriter) Write(data []byte) (int, error) {
	w.b.mu.Lock()
	defer w.b.mu.Unlock()
	if w.b.over {
		return w.to.Write(data)
	}
	w.data = append(w.data, data...)
	if w.b.hello != "" && bytes.Contains(w.data, []byte(w.b.hello)) || len(w.data) > streams.MaxSaid {
		if err := w.b.letGo(); err != nil {
			return 0, err
		}
	}
	return len(data), nil
}

// end lets go what is held: ctenv-init runs, or has run.
func (b *preface) end() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = b.letGo() // to write it is the copy's business, which is over or meets the same error
}

// letGo writes what is held, without ctenv-init's word.
func (b *preface) letGo() error {
	b.over = true
	for _, w := range b.held {
		data := bytes.Replace(w.data, []byte(b.hello), nil, 1)
		w.data = nil
		if len(data) == 0 {
			continue
		}
		if _, err := w.to.Write(data); err != nil {
			return err
		}
	}
	return nil
}

// unwitnessed ends the preface where nobody can say any more that ctenv-init runs.
func (b *preface) unwitnessed() {
	if b != nil && b.hello == "" {
		b.end()
	}
}

// neverRan is the error of a container that has ended with code before ctenv-init ran,
// nil where it ran.
func (r *Box) neverRan(code int) error {
	r.before.judge()
	if r.handover != nil {
		r.handover.Expire(0) // nobody will come any more
		if r.handover.IsUsed() {
			r.before.end()
		}
	}
	return r.before.neverRan(code)
}

// judge has what is held wait for neverRan.
func (b *preface) judge() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
}

func (b *preface) neverRan(code int) error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return nil
	}
	words := ""
	for _, w := range b.held {
		words += string(w.data)
	}
	if !Unstarted(code) || b.hello == "" && !b.areInits(words, code) {
		_ = b.letGo() // as end does
		return nil
	}
	b.over = true
	for _, w := range b.held {
		w.data = nil
	}
	return NeverRan(b.init, words, code)
}

// areInits says whether words are an init's that could not execute ctenv-init. That a
// witness was not asked proves nothing: a sandbox or a policy may keep ctenv-init from
// connecting to it. Inits and shells name the file, but for podman's.
func (b *preface) areInits(words string, code int) bool {
	return code != 0 && (strings.Contains(words, b.path) || strings.Contains(words, "ERROR (catatonit:"))
}

// listen ends the preface when what was offered to ctenv-init is used, or where there is no
// word to wait for, when it should have been.
func (b *preface) listen(ctx context.Context, given *handover.Handover) {
	if given.IsUsed() {
		b.end()
		return
	}
	if b == nil || b.hello != "" || ctx.Err() != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.ended {
		_ = b.letGo()
	}
}

// NeverRan is the error of a container whose init has said words and ended with code.
func NeverRan(source, words string, code int) error {
	cause := fmt.Errorf("the container ended with %d and without a word", code)
	if words = strings.Join(strings.Fields(words), " "); words != "" {
		cause = errors.New(words)
	}
	return &engine.Error{
		Msg:  fmt.Sprintf("ctenv-init, %q, cannot be executed in the container", source),
		Hint: "a file system mounted noexec, SELinux, AppArmor, another architecture or a damaged file keep it from that; XDG_CACHE_HOME names another place for it",
		Err:  cause,
	}
}

// faults are the signals that programs end by when they cannot work, and nobody sends.
var faults = []syscall.Signal{syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGSEGV, syscall.SIGSYS}

// Unstarted says whether code may be that of a container whose init could not execute
// ctenv-init. Inits have codes of their own for that, and call 0 what they take for an
// empty script. 125 is ctenv-init's own, and a signal may come at any time.
func Unstarted(code int) bool {
	return code >= 0 && code < 128 && code != 125 || slices.Contains(faults, syscall.Signal(code-128))
}
