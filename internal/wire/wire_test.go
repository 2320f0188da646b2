package wire

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func request() Request {
	return Request{
		User:    User{Name: "alice", UID: 1234, GID: 2345, Group: "staff", Home: "/home/alice", Groups: []Group{{"vidéo", 44}}},
		Workdir: "/repo/caf\xe9", Shell: "auto", Umask: "0000",
		Command:   Command{Kind: CommandArgs, Args: []Text{"printf", "\xff\n"}},
		Env:       []Text{"L=caf\xe9"},
		PostStart: []Text{"echo 'a'\n", "<&>"},
	}
}

func TestRoundTrip(t *testing.T) {
	for name, change := range map[string]func(*Request){
		"one part":   func(*Request) {},
		"many parts": func(r *Request) { r.PostStart = []Text{Text(strings.Repeat("日本語", 40000))} },
	} {
		t.Run(name, func(t *testing.T) {
			r := request()
			change(&r)
			env, err := Encode(r)
			if err != nil {
				t.Fatal(err)
			}
			for _, kv := range env {
				if len(kv) > MaxEnvString {
					t.Errorf("a string of %d bytes", len(kv))
				}
			}
			got, rest, err := Decode(append([]string{"PATH=/bin", "CTENV_REQUESTED=x"}, env...))
			if err != nil {
				t.Fatal(err)
			}
			r.Version = Version
			if !reflect.DeepEqual(got, r) {
				t.Errorf("got %+v, want %+v", got, r)
			}
			if strings.Join(rest, " ") != "PATH=/bin CTENV_REQUESTED=x" {
				t.Errorf("rest is %q", rest)
			}
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	for want, change := range map[string]func(*Request){
		"colon":                     func(r *Request) { r.User.Name = "a:b" },
		`starts with "-"`:           func(r *Request) { r.User.Name = "-rf" },
		"empty":                     func(r *Request) { r.User.Group = "" },
		"uid 4294967295":            func(r *Request) { r.User.UID = 1<<32 - 1 },
		"gid -1":                    func(r *Request) { r.User.GID = -1 },
		"not an absolute path":      func(r *Request) { r.Workdir = "repo" },
		"which /etc/passwd cannot":  func(r *Request) { r.User.Home = "/a:b" },
		"root of the container":     func(r *Request) { r.Chown = []Text{"/x/.."} },
		"NUL":                       func(r *Request) { r.Setup = []Text{"a\x00b"} },
		"has no arguments":          func(r *Request) { r.Command.Args = nil },
		`kind "x" is unknown`:       func(r *Request) { r.Command.Kind = "x" },
		"has no name or no value":   func(r *Request) { r.Env = []Text{"=x"} },
		"the limit is 1048576":      func(r *Request) { r.Setup = []Text{Text(strings.Repeat("x", 1<<20))} },
		"longer than 256 bytes":     func(r *Request) { r.User.Name = Text(strings.Repeat("n", 257)) },
		"not of 32":                 func(r *Request) { r.Streams = "../../etc/passwd" },
		"not of 32 hex":             func(r *Request) { r.Streams = strings.Repeat("G", 32) },
		`mode "x" is unknown`:       func(r *Request) { r.Mode = "x" },
		"what is served do not fit": func(r *Request) { r.Mode = ModeServe },
		`"signal" and signal 0 do`:  func(r *Request) { r.Mode = ModeSignal },
		`"" and signal 2 do`:        func(r *Request) { r.Signal = 2 },
		`"" and what is served`:     func(r *Request) { r.Serve = &Serve{Word: strings.Repeat("0", 32)} },
		`word "00" is not`:          func(r *Request) { r.Mode, r.Serve = ModeServe, &Serve{Word: "00"} },
		`mode "serve" has no com`:   func(r *Request) { r.Mode, r.Serve = ModeServe, &Serve{Word: strings.Repeat("0", 32)} },
		`mode "setup" has the en`:   func(r *Request) { r.Mode, r.Command.Kind, r.Streams = ModeSetup, "", strings.Repeat("0", 32) },
		"joins sets nothing up":     func(r *Request) { r.Mode = ModeJoin },
		`umask "1777" is not`:       func(r *Request) { r.Umask = "1777" },
		"commands 1 to 3 are no":    func(r *Request) { r.PostStartJoined = []Joined{{1, 3, "x"}} },
		"commands 2 to 2 are no":    func(r *Request) { r.PostStartJoined = []Joined{{2, 2, "x"}} },
		"commands 1 to 2 are no":    func(r *Request) { r.PostStartJoined = []Joined{{1, 2, "x"}, {1, 2, "x"}} },
		`umask "22" is not`:         func(r *Request) { r.Umask = "22" },
		`supplementary group "x": `: func(r *Request) { r.User.Groups = []Group{{"x", -2}} },
	} {
		r := request()
		change(&r)
		if _, err := Encode(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	good, err := Encode(request())
	if err != nil {
		t.Fatal(err)
	}
	doc := strings.TrimPrefix(good[1], "CTENV_REQUEST_1=")
	for want, env := range map[string][]string{
		"no request":                {"PATH=/bin"},
		"there twice":               append([]string{"CTENV_REQUEST=1"}, good...),
		"not a number of parts":     {"CTENV_REQUEST=01", good[1]},
		"CTENV_REQUEST_2 is":        {"CTENV_REQUEST=2", good[1]},
		"CTENV_REQUEST_1 is":        {"CTENV_REQUEST=1", "CTENV_REQUEST_2=x"},
		"REQUEST_1 is there twice":  append([]string{"CTENV_REQUEST_1=x"}, good...),
		"version 1":                 {"CTENV_REQUEST=1", "CTENV_REQUEST_1=" + strings.Replace(doc, `"version":2`, `"version":1`, 1)},
		`unknown field "surprise"`:  {"CTENV_REQUEST=1", "CTENV_REQUEST_1=" + strings.Replace(doc, `{`, `{"surprise":1,`, 1)},
		"version 3":                 {"CTENV_REQUEST=1", `CTENV_REQUEST_1={"surprise":1,"version":3}`},
		"something follows":         {"CTENV_REQUEST=1", "CTENV_REQUEST_1=" + doc + "x"},
		"illegal base64":            {"CTENV_REQUEST=1", "CTENV_REQUEST_1=" + strings.Replace(doc, `"auto"`, `{"base64":"*"}`, 1)},
		"neither a string nor base": {"CTENV_REQUEST=1", "CTENV_REQUEST_1=" + strings.Replace(doc, `"auto"`, `{}`, 1)},
	} {
		if _, _, err := Decode(env); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

// An image may set variables of these names, by mistake or to break in.
func TestDecodeDropsSurplus(t *testing.T) {
	good, err := Encode(request())
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := Decode(good)
	if err != nil {
		t.Fatal(err)
	}
	got, rest, err := Decode(append(good, "CTENV_REQUEST_2={}", "CTENV_REQUEST_01=x", "CTENV_REQUEST_=", "PATH=/bin"))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) || strings.Join(rest, " ") != "PATH=/bin" {
		t.Errorf("got %+v with %q left", got, rest)
	}
}

// FuzzDecode: what decodes encodes again to the same request.
func FuzzDecode(f *testing.F) {
	good, err := Encode(request())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(strings.TrimPrefix(good[1], "CTENV_REQUEST_1="))
	f.Add(`{"version":1}`)
	f.Fuzz(func(t *testing.T, doc string) {
		r, _, err := Decode([]string{"CTENV_REQUEST=1", "CTENV_REQUEST_1=" + doc})
		if err != nil {
			return
		}
		env, err := Encode(r)
		if err != nil {
			t.Fatalf("decoded but not encoded: %v", err)
		}
		again, _, err := Decode(env)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(r) {
			t.Fatalf("%+v became %+v, %v", r, again, err)
		}
	})
}

func TestIsInit(t *testing.T) {
	word := strings.Repeat("0123456789abcdef", 2)
	for p, want := range map[string]bool{
		InitPath: true, DirOf(word) + "/ctenv-init": true,
		Dir: false, "/.ctenv-x/ctenv-init": false, DirOf(word+"0") + "/ctenv-init": false, DirOf(word) + "/streams": false,
		"/x" + DirOf(word) + "/ctenv-init": false, DirOf(word) + "/../.ctenv-init": false,
	} {
		if IsInit(p) != want {
			t.Errorf("%s: got %v", p, !want)
		}
	}
	r := Request{}
	if r.InitPath() != InitPath || r.StreamsPath() != Dir+"/streams" {
		t.Errorf("got %s, %s", r.InitPath(), r.StreamsPath())
	}
	if r.Dir = Text(DirOf(word)); !IsInit(r.InitPath()) || r.InitPath() == InitPath {
		t.Errorf("got %s", r.InitPath())
	}
}
