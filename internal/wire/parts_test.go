package wire

import (
	"reflect"
	"strings"
	"testing"
)

// classes says of each field who has it where a container stays: the "client" gives it to
// join, the "server" adds it to that, also in the place of what was "sent", and "setup" is
// the child that runs the set-up commands. What has no word belongs to the first start alone.
var classes = map[string]string{
	"Version": "client setup", "Mode": "client setup", "User": "sent server setup", "Dir": "server setup",
	"Workdir": "client setup", "WorkdirHint": "client", "Shell": "sent server setup", "Command": "client",
	"Image": "server setup", "Container": "server setup", "Serve": "", "Env": "", "Keep": "",
	"Mounts": "server setup", "Parents": "", "Chown": "server", "Owners": "",
	"Worktrees": "client", "WorktreeHint": "client", "Certificates": "", "OtherVolumes": "server setup", "OtherIPC": "",
	"Binds": "client", "Boot": "client", "BindHint": "client", "UIDMap": "client", "EngineAccounts": "server setup",
	"Umask": "client setup", "Timeout": "", "Limits": "server setup",
	"PostStart": "", "PostStartWritten": "", "PostStartJoined": "", "Setup": "setup", "SetupWritten": "setup", "SetupJoined": "setup",
	"Sudo": "", "Install": "", "InstallHides": "", "Health": "", "Streams": "", "Hello": "",
	"Verbosity": "client setup", "Progress": "client setup", "Live": "client setup",
	"Term": "client", "ColorTerm": "client", "Rows": "client", "Cols": "client", "Signal": "",
}

// TestParts: each field is in a class, and goes where that says.
func TestParts(t *testing.T) {
	for i := range reflect.TypeFor[Request]().NumField() {
		name := reflect.TypeFor[Request]().Field(i).Name
		class, ok := classes[name]
		if !ok {
			t.Errorf("the field %s is in no class: say in parts.go who has it, and here", name)
		}
		field := func(r Request) reflect.Value { return reflect.ValueOf(r).Field(i) }
		var full Request
		fill(t, reflect.ValueOf(&full).Elem().Field(i))
		is := func(word string) bool { return strings.Contains(class, word) }
		for what, c := range map[string]struct {
			got  Request
			want bool
		}{
			"of the client, to the server":   {full.Joining(), is("client") || is("sent")},
			"of the client, in its command":  {Request{}.JoinedBy(full), is("client")},
			"of the server, in that command": {full.JoinedBy(Request{}), is("server") || name == "Mode"},
			"of the set-up's child":          {full.SettingUp(), is("setup")},
		} {
			if got := !field(c.got).IsZero(); got != c.want && !(name == "Mode" && got) {
				t.Errorf("%s %s: %v, not %v", name, what, got, c.want)
			}
		}
		joins := full
		joins.Mode = ModeJoin
		if err := joins.validateJoin(); (err == nil) != (is("client") || is("server")) {
			t.Errorf("a client that gives %s gets %v", name, err)
		}
	}
}

// fill gives a field some value.
func fill(t *testing.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Int:
		v.SetInt(1)
	case reflect.Uint16:
		v.SetUint(1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Struct:
		fill(t, v.Field(0))
	default:
		t.Fatalf("a field of kind %v", v.Kind())
	}
}

// TestSettingUpValid: what belongs to the first start is left out together, as owners of what
// changes its owner.
func TestSettingUpValid(t *testing.T) {
	r := request()
	r.Mode, r.Serve, r.Command, r.Setup = ModeServe, &Serve{Word: strings.Repeat("0", 32)}, Command{}, []Text{":"}
	r.Chown, r.Owners = []Text{"/cache"}, []Owner{{Target: "/cache", UID: 1}}
	if _, err := Encode(r); err != nil {
		t.Fatal(err)
	}
	if _, err := Encode(r.SettingUp()); err != nil {
		t.Error(err)
	}
}
