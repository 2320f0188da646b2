package join

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"testing"

	"ctenv/internal/wire"
)

func request() Request {
	return Request{Op: OpExec, Streams: []int{0, 1, 2}, Args: []wire.Text{"make", "caf\xe9"}, Env: []wire.Text{"A=b"}, Exec: &wire.Request{
		Version: wire.Version, Mode: wire.ModeJoin, Workdir: "/repo", Shell: "auto", Command: wire.Command{Kind: wire.CommandArgv},
		User: wire.User{Name: "alice", UID: 1234, GID: 2345, Group: "staff", Home: "/home/alice"},
	}}
}

func TestStream(t *testing.T) {
	var wire bytes.Buffer
	s := NewStream(&wire, &wire, io.NopCloser(nil))
	want := []Frame{
		{Kind: KindRequest, Payload: bytes.Repeat([]byte("x"), maxRequest)},
		{Kind: KindBegun},
		{Kind: KindSize, Payload: Size(24, 80)},
	}
	for _, f := range want {
		if err := s.Send(f.Kind, f.Payload); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range want {
		got, err := s.Receive()
		if err != nil || got.Kind != f.Kind || !bytes.Equal(got.Payload, f.Payload) {
			t.Errorf("got %q of %d bytes, %v", got.Kind, len(got.Payload), err)
		}
	}
	if _, err := s.Receive(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

func TestSendRefuses(t *testing.T) {
	s := NewStream(nil, io.Discard, io.NopCloser(nil))
	for name, err := range map[string]error{
		"a long request": s.Send(KindRequest, make([]byte, maxRequest+1)),
		"much data":      s.Send(KindOut, make([]byte, MaxData+1)),
		"two signals":    s.Send(KindSignal, []byte{1, 2}),
		"an odd kind":    s.Send('?', nil),
	} {
		if err == nil {
			t.Errorf("%s is sent", name)
		}
	}
}

func TestReceiveRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"an odd kind":       "?\x00\x00\x00\x00\x00",
		"much data":         "1\x00\x00\x01\x00\x01",
		"too much":          "Q\x00\xff\xff\xff\xff",
		"descriptors":       "B\x01\x00\x00\x00\x00",
		"many descriptors":  "B\x04\x00\x00\x00\x00",
		"half a header":     "B\x00\x00",
		"half a payload":    "S\x00\x00\x00\x00\x01",
		"text of an engine": "OCI runtime exec failed: exec failed",
	} {
		f, err := NewStream(strings.NewReader(text), nil, nil).Receive()
		if err == nil || err == io.EOF {
			t.Errorf("%s: got %+v, %v", name, f, err)
		}
	}
}

func TestRequest(t *testing.T) {
	want := request()
	payload, err := Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeRequest(payload); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, change := range map[string]func(*Request){
		"an odd operation":        func(r *Request) { r.Op = "x" },
		"no command":              func(r *Request) { r.Exec = nil },
		"a command for status":    func(r *Request) { r.Op = OpStatus },
		"streams for status":      func(r *Request) { *r = Request{Op: OpStatus, Streams: []int{1}} },
		"stdout for set-up":       func(r *Request) { *r = Request{Op: OpSetup, Streams: []int{1}} },
		"the same stream twice":   func(r *Request) { r.Streams = []int{1, 1} },
		"a fourth stream":         func(r *Request) { r.Streams = []int{3} },
		"streams and a terminal":  func(r *Request) { r.TTY = true },
		"streams and no client":   func(r *Request) { r.Detach = true },
		"a run":                   func(r *Request) { r.Exec.Mode = wire.ModeRun },
		"a set-up":                func(r *Request) { r.Exec.Sudo = true },
		"another version":         func(r *Request) { r.Exec.Version++ },
		"no words":                func(r *Request) { r.Args = nil },
		"words for a shell":       func(r *Request) { r.Exec.Command.Kind = wire.CommandShell },
		"a NUL":                   func(r *Request) { r.Args = []wire.Text{"a\x00b"} },
		"a variable without name": func(r *Request) { r.Env = []wire.Text{"=b"} },
		"a relative place":        func(r *Request) { r.Exec.Workdir = "repo" },
	} {
		r := request()
		change(&r)
		if payload, err := Encode(r); err != nil {
			t.Error(err)
		} else if _, err := DecodeRequest(payload); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	for _, text := range []string{"", "{}", "null", `{"op":"status","more":1}`, string(payload) + "{}"} {
		if _, err := DecodeRequest([]byte(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestNumbers(t *testing.T) {
	if n, err := (Frame{Kind: KindCredit, Payload: Number(Window)}).Number(); n != Window || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	if _, err := (Frame{Kind: KindCredit, Payload: Number(Window + 1)}).Number(); err == nil {
		t.Error("more than the window is taken")
	}
	if rows, cols, err := (Frame{Kind: KindSize, Payload: Size(24, 80)}).Size(); rows != 24 || cols != 80 || err != nil {
		t.Errorf("got %d, %d, %v", rows, cols, err)
	}
	for kind, payload := range map[Kind][]byte{KindSignal: {65}, KindClose: {3}} {
		for _, p := range [][]byte{payload, {0}, {}, {1, 1}} {
			if n, err := (Frame{Kind: kind, Payload: p}).Byte(); err == nil {
				t.Errorf("%q of %q is %d", p, kind, n)
			}
		}
	}
}

// FuzzReceive: whatever comes, no frame is longer than its kind may be, and what is
// taken is what was sent.
func FuzzReceive(f *testing.F) {
	var seed bytes.Buffer
	s := NewStream(nil, &seed, nil)
	payload, err := Encode(request())
	if err != nil {
		f.Fatal(err)
	}
	for kind, payload := range map[Kind][]byte{KindRequest: payload, KindBegun: nil, KindSignal: {15}, KindCredit: Number(1)} {
		if err := s.Send(kind, payload); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(seed.Bytes())
	f.Add([]byte("Q\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var again bytes.Buffer
		from, to := NewStream(bytes.NewReader(text), nil, nil), NewStream(nil, &again, nil)
		for {
			frame, err := from.Receive()
			if err != nil {
				break
			}
			if err := to.Send(frame.Kind, frame.Payload); err != nil {
				t.Fatal(err)
			}
			_, _ = frame.Byte()
			_, _ = frame.Number()
			_, _, _ = frame.Size()
			if r, err := DecodeRequest(frame.Payload); err == nil {
				if payload, err := Encode(r); err != nil {
					t.Error(err)
				} else if _, err := DecodeRequest(payload); err != nil {
					t.Errorf("%+v is not taken again: %v", r, err)
				}
			}
		}
		if !bytes.HasPrefix(text, again.Bytes()) {
			t.Errorf("%q became %q", text, again.Bytes())
		}
	})
}
