package process

import (
	"bytes"
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
	hello   string
	witness bool   // the word is said only where ctenv-init does not reach that one
	init    string // ctenv-init on this machine

	known chan struct{} // closed when ctenv-init runs, or there is no telling

	mu   sync.Mutex
	over bool // known is closed, or the container has ended without that
	held []*heldWriter
}

// newPreface is for a container of p, which is given back with ctenv-init saying that it
// runs. Where a log would get the word, a witness is told instead, if ctenv-init can reach
// it; without one there is no preface, and nil is returned.
func newPreface(p plan.Plan, witness *handover.Handover) (*preface, plan.Plan) {
	if p.LogsWords() && witness == nil {
		return nil, p
	}
	word := handover.NewWord()
	b := &preface{hello: wire.HelloText(word), witness: witness != nil, init: p.InitSource(), known: make(chan struct{})}
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
	if bytes.Contains(w.data, []byte(w.b.hello)) || len(w.data) > streams.MaxSaid {
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
	if !b.over {
		b.over = true
		close(b.known)
	}
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
	if b != nil && b.witness {
		b.end()
	}
}

// neverRan is the error of a container that has ended with code before ctenv-init ran,
// nil where it ran.
func (r *Box) neverRan(code int) error {
	if r.handover != nil {
		r.handover.Expire(0) // nobody will come any more
		if r.handover.IsUsed() {
			r.before.end()
		}
	}
	return r.before.neverRan(code)
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
	if !Unstarted(code) {
		_ = b.letGo() // as end does
		return nil
	}
	words := ""
	for _, w := range b.held {
		words += string(w.data)
		w.data = nil
	}
	b.over = true
	return NeverRan(b.init, words, code)
}

// listen ends the preface when what was offered to ctenv-init is used.
func (b *preface) listen(given *handover.Handover) {
	if given.IsUsed() {
		b.end()
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
