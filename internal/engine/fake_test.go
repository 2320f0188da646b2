package engine

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// fake is the other end of an Engine. It answers each call by answers, and lets a
// container be attached to, which echoes its stdin and says "oops" on stderr.
type fake struct {
	answers map[string][]answer // by "METHOD /path", in order; the last one repeats

	mu     sync.Mutex
	calls  []string
	exited chan struct{}
}

type answer struct {
	status int
	body   string
}

// hang interrupts this process and waits until the caller gives up.
var hang = answer{body: "hang"}

// taken is docker's answer to a create when the name is another container's.
var taken = answer{409, `{"message": "Conflict. The container name \"/box\" is already in use by container \"c0ffee\". You have to remove (or rename) that container to be able to reuse that name."}`}

// stuck waits until the caller gives up.
var stuck = answer{body: "stuck"}

// await returns when a call has been made n times.
func (f *fake) await(t *testing.T, call string, n int) {
	t.Helper()
	for range 1000 {
		f.mu.Lock()
		made := 0
		for _, c := range f.calls {
			if c == call {
				made++
			}
		}
		f.mu.Unlock()
		if made >= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%s was not called %d times", call, n)
}

const id = "0123456789abcdef"

func newFake(more map[string][]answer) *fake {
	f := &fake{exited: make(chan struct{}), answers: map[string][]answer{
		"POST /containers/create":            {{201, `{"Id": "` + id + `"}`}},
		"POST /containers/" + id + "/start":  {{204, ""}},
		"DELETE /containers/" + id:           {{204, ""}},
		"POST /networks/create":              {{201, `{"Id": "n"}`}},
		"GET /images/busybox/json":           {{200, `{"Os": "linux", "Architecture": "amd64"}`}},
		"POST /images/create":                {{200, `{"status": "done"}`}},
		"POST /containers/" + id + "/wait":   {{200, `{"StatusCode": 3}`}},
		"POST /containers/" + id + "/kill":   {{204, ""}},
		"GET /networks/office":               {{404, `{"message": "network office not found"}`}},
		"POST /containers/" + id + "/attach": nil,
		"GET /containers/json":               {{200, `[]`}},
	}}
	for call, answers := range more {
		f.answers[call] = answers
	}
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/v1.41")
	f.mu.Lock()
	note := call
	if name := r.URL.Query().Get("name"); name != "" {
		note += " " + name
	}
	f.calls = append(f.calls, note)
	answers, known := f.answers[call]
	var a answer
	if len(answers) > 0 {
		a = answers[0]
		if len(answers) > 1 {
			f.answers[call] = answers[1:]
		}
	}
	f.mu.Unlock()

	w.Header().Set("Content-Type", "application/json")
	switch {
	case !known:
		http.Error(w, "unexpected call "+call, http.StatusTeapot)
	case strings.HasSuffix(call, "/attach"):
		f.attach(w)
	case strings.HasSuffix(call, "/wait"):
		w.WriteHeader(a.status)
		w.(http.Flusher).Flush()
		<-f.exited
		io.WriteString(w, a.body)
	case a == hang:
		syscall.Kill(os.Getpid(), syscall.SIGINT)
		<-r.Context().Done()
	case a == stuck:
		<-r.Context().Done()
	default:
		w.WriteHeader(a.status)
		io.WriteString(w, a.body)
	}
}

func (f *fake) attach(w http.ResponseWriter) {
	conn, rw, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	defer close(f.exited)
	defer conn.Close()
	io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
	in, _ := io.ReadAll(rw)
	for len(in) > 0 {
		chunk := in[:min(len(in), 32<<10)]
		in = in[len(chunk):]
		conn.Write(frame(1, chunk))
	}
	conn.Write(frame(2, []byte("oops")))
}

// frame is text as the engine sends it from the stream 1 (stdout) or 2 (stderr).
func frame(stream byte, text []byte) []byte {
	header := [8]byte{0: stream}
	binary.BigEndian.PutUint32(header[4:], uint32(len(text)))
	return append(header[:], text...)
}

// said collects what a run says, and the streams of one that reads input.
type said struct {
	Streams
	out, err string // files
	lines    []string
}

func streams(t *testing.T, input string) *said {
	t.Helper()
	dir := t.TempDir()
	s := &said{out: filepath.Join(dir, "out"), err: filepath.Join(dir, "err")}
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
	s.In, s.Out, s.Err = open(filepath.Join(dir, "in"), input), open(s.out, ""), open(s.err, "")
	note := func(format string, a ...any) { s.lines = append(s.lines, fmt.Sprintf(format, a...)) }
	s.Say, s.Verbose, s.Warn = note, note, note
	return s
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
