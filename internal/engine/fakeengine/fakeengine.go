// Package fakeengine is the other end of an engine.Engine, for tests.
package fakeengine

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ctenv/internal/streams"
	"ctenv/internal/wire"
)

// Fake answers each call by answers, and lets a
// container be attached to, which echoes its stdin and says "oops" on stderr, or words
// in the place of ctenv-init.
type Fake struct {
	Words   string
	Says    bool                // ctenv-init runs and says so, before Words
	Before  func()              // is called before the container says anything; it gets no input then
	Taken   bool                // ctenv-init has streams of ctenv's, and does not say that it runs
	Answers map[string][]Answer // by "METHOD /path", in order; the last one repeats

	Hangs string // the end of the call that it never answers

	Exited chan struct{}
	hello  string // that the container is to say

	mu    sync.Mutex
	calls []string
}

// Calls are those that were made so far: one that was given up may still be answered.
func (f *Fake) Calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// Note adds a call that somebody else answers.
func (f *Fake) Note(call string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call)
}

// Answer is what the engine answers to one call.
type Answer struct {
	Status int
	Body   string
}

// Hang interrupts this process and waits until the caller gives up.
var Hang = Answer{Body: "hang"}

// Taken is docker's answer to a create when the name is another container's.
var Taken = Answer{409, `{"message": "Conflict. The container name \"/box\" is already in use by container \"c0ffee\". You have to remove (or rename) that container to be able to reuse that name."}`}

// Stuck waits until the caller gives up; a wait is acknowledged before that.
var Stuck = Answer{Body: "stuck"}

// Await returns when a call has been made n times.
func (f *Fake) Await(t *testing.T, call string, n int) {
	t.Helper()
	for range 1000 {
		made := 0
		for _, c := range f.Calls() {
			if c == call {
				made++
			}
		}
		if made >= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%s was not called %d times", call, n)
}

// ID is that of the container which it makes.
const ID = "0123456789abcdef"

// New is a Fake that runs a container of "busybox", with more answers.
func New(more map[string][]Answer) *Fake {
	f := &Fake{Exited: make(chan struct{}), Answers: map[string][]Answer{
		"POST /containers/create":            {{201, `{"Id": "` + ID + `"}`}},
		"POST /containers/" + ID + "/start":  {{204, ""}},
		"DELETE /containers/" + ID:           {{204, ""}},
		"POST /networks/create":              {{201, `{"Id": "n"}`}},
		"GET /images/busybox/json":           {{200, `{"Os": "linux", "Architecture": "amd64"}`}},
		"POST /images/create":                {{200, `{"status": "done"}`}},
		"POST /containers/" + ID + "/wait":   {{200, `{"StatusCode": 3}`}},
		"POST /containers/" + ID + "/kill":   {{204, ""}},
		"GET /networks/office":               {{404, `{"message": "network office not found"}`}},
		"POST /containers/" + ID + "/attach": nil,
		"GET /containers/json":               {{200, `[]`}},
	}}
	maps.Copy(f.Answers, more)
	return f
}

func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/v1.41")
	note := call
	if name := r.URL.Query().Get("name"); name != "" {
		note += " " + name
	}
	f.Note(note)
	f.mu.Lock()
	answers, known := f.Answers[call]
	var a Answer
	if len(answers) > 0 {
		a = answers[0]
		if len(answers) > 1 {
			f.Answers[call] = answers[1:]
		}
	}
	f.mu.Unlock()

	if strings.HasSuffix(call, "/create") {
		var body struct{ Env []string }
		if json.NewDecoder(r.Body).Decode(&body) == nil {
			if req, _, err := wire.Decode(body.Env); err == nil {
				f.hello = req.Hello
			}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	switch {
	case f.Hangs != "" && strings.HasSuffix(call, f.Hangs):
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	case !known:
		http.Error(w, "unexpected call "+call, http.StatusTeapot)
	case strings.HasSuffix(call, "/attach"):
		f.attach(w)
	case strings.HasSuffix(call, "/wait"):
		if a != Stuck {
			w.WriteHeader(a.Status)
		}
		w.(http.Flusher).Flush()
		<-f.Exited
		if a == Stuck {
			<-r.Context().Done()
		}
		io.WriteString(w, a.Body)
	case a == Hang:
		syscall.Kill(os.Getpid(), syscall.SIGINT)
		<-r.Context().Done()
	case a == Stuck:
		<-r.Context().Done()
	default:
		w.WriteHeader(a.Status)
		io.WriteString(w, a.Body)
	}
}

func (f *Fake) attach(w http.ResponseWriter) {
	conn, rw, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	defer close(f.Exited)
	defer conn.Close()
	io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
	var in []byte
	if f.Before != nil {
		f.Before()
	} else {
		in, _ = io.ReadAll(rw)
	}
	if f.hello != "" && !f.Taken && (f.Says || f.Words == "") {
		conn.Write(Frame(2, []byte(wire.HelloText(f.hello))))
	}
	if f.Words != "" {
		conn.Write(Frame(2, []byte(f.Words)))
		return
	}
	for len(in) > 0 {
		chunk := in[:min(len(in), 32<<10)]
		in = in[len(chunk):]
		conn.Write(Frame(1, chunk))
	}
	conn.Write(Frame(2, []byte("oops")))
}

// Frame is text as the engine sends it from the stream 1 (stdout) or 2 (stderr).
func Frame(stream byte, text []byte) []byte {
	header := [8]byte{0: stream}
	binary.BigEndian.PutUint32(header[4:], uint32(len(text)))
	return append(header[:], text...)
}

// Said collects what a run says, and the streams of one that reads input.
type Said struct {
	streams.Streams
	OutFile, ErrFile string
	Lines            []string
}

// Streams are files, with an input, and collect what is said.
func Streams(t *testing.T, input string) *Said {
	t.Helper()
	dir := t.TempDir()
	s := &Said{OutFile: filepath.Join(dir, "out"), ErrFile: filepath.Join(dir, "err")}
	open := func(name, text string) *os.File {
		f, err := os.Create(name)
		if err == nil {
			_, err = f.WriteString(text)
		}
		if err == nil {
			_, err = f.Seek(0, io.SeekStart)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	s.In, s.Out, s.Err = open(filepath.Join(dir, "in"), input), open(s.OutFile, ""), open(s.ErrFile, "")
	note := func(format string, a ...any) { s.Lines = append(s.Lines, fmt.Sprintf(format, a...)) }
	s.Say, s.Verbose, s.Warn = note, note, note
	return s
}

// Read is what a file has.
func Read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Serve has h be the engine that is found.
func Serve(t *testing.T, h http.Handler) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/_ping" {
			w.Header().Set("API-Version", "1.41")
			return
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.CloseClientConnections() // some are left to themselves
		server.Close()
	})
	t.Setenv("DOCKER_HOST", "tcp://"+server.Listener.Addr().String())
}

// Request is one that wire.Encode takes.
func Request() wire.Request {
	return wire.Request{
		User:    wire.User{Name: "dev", Group: "dev", UID: 1234, GID: 2345, Home: "/home/dev"},
		Workdir: "/repo",
		Shell:   "auto",
		Command: wire.Command{Kind: wire.CommandArgv},
	}
}
