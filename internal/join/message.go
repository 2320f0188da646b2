package join

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"ctenv/internal/wire"
)

// Hello is what a container says of itself to whoever connects. Its version comes
// first in every version of the protocol.
type Hello struct {
	Version int  `json:"version"`
	Request int  `json:"request"` // wire.Version
	Ready   bool `json:"ready,omitempty"`
	// Note is what ctenv had it keep (wire.Serve).
	Note wire.Text `json:"note,omitempty"`
}

// The values of Request.Op.
const (
	OpExec   = "exec"   // run a command
	OpSetup  = "setup"  // wait for the end of set-up; its output goes to stream 2
	OpStatus = "status" // answer with a Status
	OpGrace  = "grace"  // note Grace, and answer as to OpStatus
)

// Request is what a client wants.
type Request struct {
	Op string `json:"op"`
	// Grace is how many seconds the container's commands have to end in, once a signal of
	// the engine's ends the container.
	Grace int `json:"grace,omitempty"`

	// Streams are the standard streams that go along, each with a descriptor or, by a
	// relay, in frames. OpExec has the null device for those that are missing.
	Streams []int `json:"streams,omitempty"`

	// Exec is the command of OpExec, in wire.ModeJoin; its words, where their kind is
	// argv, and its variables are beside it, as they are longer than it may be.
	Exec *wire.Request `json:"exec,omitempty"`
	Args []wire.Text   `json:"args,omitempty"`
	Env  []wire.Text   `json:"env,omitempty"`

	TTY bool `json:"tty,omitempty"` // a terminal is made for it, and it has no streams
	// Detach: the command goes on when the client has gone.
	Detach bool `json:"detach,omitempty"`
}

// End is what became of a request.
type End struct {
	Code int `json:"code"` // of the command, or of a set-up that failed
	// Failed says that set-up has failed, or the container ends: no command was started.
	Failed bool `json:"failed,omitempty"`
	// Error is why the request was refused.
	Error string `json:"error,omitempty"`
	// OutOfMemory says of a command that was killed that the container's memory ran out
	// while it ran, of which it may have Memory bytes, 0 for no limit of its own.
	OutOfMemory bool  `json:"out_of_memory,omitempty"`
	Memory      int64 `json:"memory,omitempty"`
}

// Status is what a container knows of itself.
type Status struct {
	Ready    bool      `json:"ready"`
	Commands []Command `json:"commands,omitempty"`
}

// Command is one that runs.
type Command struct {
	PID     int         `json:"pid"` // in the container
	Args    []wire.Text `json:"args"`
	Started time.Time   `json:"started"`
	TTY     bool        `json:"tty,omitempty"`
}

// Encode is a message as a payload.
func Encode(message any) ([]byte, error) { return json.Marshal(message) }

// Decode reads a payload that has to be one message of m's type, and nothing else.
func Decode(payload []byte, m any) error { return wire.Strict(payload, m) }

// Fits says whether the other side speaks this version.
func (h Hello) Fits() bool { return h.Version == Version && h.Request == wire.Version }

// DecodeHello reads a Hello of any version.
func DecodeHello(payload []byte) (Hello, error) {
	var h Hello
	if err := json.Unmarshal(payload, &h); err != nil {
		return h, fmt.Errorf("what has answered is no container of ctenv's: %w", err)
	}
	return h, nil
}

// DecodeRequest reads and checks a request.
func DecodeRequest(payload []byte) (Request, error) {
	var r Request
	if err := Decode(payload, &r); err != nil {
		return r, err
	}
	return r, r.validate()
}

func (r *Request) validate() error {
	var seen [3]bool
	for _, n := range r.Streams {
		if n < 0 || n >= len(seen) || seen[n] {
			return fmt.Errorf("stream %d is none, or is there twice", n)
		}
		seen[n] = true
	}
	if (r.Op == OpExec) != (r.Exec != nil) {
		return fmt.Errorf("the operation %q does not fit its command", r.Op)
	}
	if r.Op != OpExec && (len(r.Args)+len(r.Env) > 0 || r.TTY || r.Detach) {
		return fmt.Errorf("the operation %q runs no command", r.Op)
	}
	if r.Grace < 0 || r.Op != OpGrace && r.Grace != 0 {
		return fmt.Errorf("the operation %q has no %d seconds", r.Op, r.Grace)
	}
	switch r.Op {
	case OpStatus, OpGrace:
		if len(r.Streams) > 0 {
			return fmt.Errorf("the operation %q has no streams", r.Op)
		}
		return nil
	case OpSetup:
		if len(r.Streams) > 1 || len(r.Streams) == 1 && r.Streams[0] != 2 {
			return fmt.Errorf("the operation %q has stderr alone", r.Op)
		}
		return nil
	case OpExec:
		return r.validateExec()
	}
	return fmt.Errorf("the operation %q is unknown", r.Op)
}

func (r *Request) validateExec() error {
	if (r.TTY || r.Detach) && len(r.Streams) > 0 {
		return errors.New("a command with a terminal, or without a client, has no streams")
	}
	if r.Exec.Version != wire.Version {
		return fmt.Errorf("a request of version %d, this ctenv-init reads %d", r.Exec.Version, wire.Version)
	}
	if r.Exec.Mode != wire.ModeJoin {
		return fmt.Errorf("a request of mode %q does not join", r.Exec.Mode)
	}
	if argv := r.Exec.Command.Kind == wire.CommandArgv; argv != (len(r.Args) > 0) {
		return fmt.Errorf("%d arguments for a command of kind %q", len(r.Args), r.Exec.Command.Kind)
	}
	for _, t := range append(r.Args[:len(r.Args):len(r.Args)], r.Env...) {
		if strings.ContainsRune(string(t), 0) {
			return fmt.Errorf("%.40q holds a NUL byte", t)
		}
	}
	for _, kv := range r.Env {
		if name, _, ok := strings.Cut(string(kv), "="); !ok || name == "" {
			return fmt.Errorf("variable %.40q has no name or no value", kv)
		}
	}
	return r.Exec.Validate()
}

// Number is the payload of KindCredit.
func Number(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

// Size is the payload of KindSize.
func Size(rows, cols uint16) []byte {
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, rows), cols)
}

// Number reads the payload of KindCredit.
func (f Frame) Number() (int, error) {
	if f.Kind != KindCredit || len(f.Payload) != 4 {
		return 0, fmt.Errorf("a frame of kind %q is no number", f.Kind)
	}
	n := binary.BigEndian.Uint32(f.Payload)
	if n > Window {
		return 0, fmt.Errorf("%d bytes are more than can be on their way", n)
	}
	return int(n), nil
}

// Size reads the payload of KindSize.
func (f Frame) Size() (rows, cols uint16, err error) {
	if f.Kind != KindSize || len(f.Payload) != 4 {
		return 0, 0, fmt.Errorf("a frame of kind %q is no size", f.Kind)
	}
	return binary.BigEndian.Uint16(f.Payload), binary.BigEndian.Uint16(f.Payload[2:]), nil
}

// Byte reads the payload of KindSignal or KindGroup, from 1 to 64, or KindClose, 1 or 2.
func (f Frame) Byte() (int, error) {
	most := 64
	if f.Kind == KindClose {
		most = 2
	}
	if len(f.Payload) != 1 || f.Payload[0] < 1 || int(f.Payload[0]) > most {
		return 0, fmt.Errorf("%q is no payload for a frame of kind %q", f.Payload, f.Kind)
	}
	return int(f.Payload[0]), nil
}
