package runargs

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"

	"ctenv/internal/hint"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name  string
		words []string
		want  []Arg
	}{
		{"none", nil, nil},
		{"equals sign", []string{"--cap-add=SYS_PTRACE"}, []Arg{{"cap-add", "SYS_PTRACE"}}},
		{"white space in one word", []string{"--cap-add  SYS_PTRACE"}, []Arg{{"cap-add", "SYS_PTRACE"}}},
		{"two words", []string{"--cap-add", "SYS_PTRACE"}, []Arg{{"cap-add", "SYS_PTRACE"}}},
		{"short", []string{"-p 8080:80", "-p", "81:80", "-p=82:80", "-p83:80"}, []Arg{{"publish", "8080:80"}, {"publish", "81:80"}, {"publish", "82:80"}, {"publish", "83:80"}}},
		{"alias", []string{"--dns-opt=rotate"}, []Arg{{"dns-option", "rotate"}}},
		{"switch", []string{"--privileged", "-P", "--read-only=false"}, []Arg{{"privileged", "true"}, {"publish-all", "true"}, {"read-only", "false"}}},
		{"negative number as a word", []string{"--oom-score-adj", "-500"}, []Arg{{"oom-score-adj", "-500"}}},
		{"the rest of the word is the value", []string{"--device-cgroup-rule c 42:* rmw", `--health-cmd=curl "x" || exit 1 `}, []Arg{{"device-cgroup-rule", "c 42:* rmw"}, {"health-cmd", `curl "x" || exit 1 `}}},
		{"equals sign in the value", []string{"--label a=b=c", "--ulimit=nofile=1:2"}, []Arg{{"label", "a=b=c"}, {"ulimit", "nofile=1:2"}}},
		{"a variable is not looked up", []string{"-e PATH"}, []Arg{{"env", "PATH"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.words)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestKeysErrors(t *testing.T) {
	for word, want := range map[string]string{
		"-itd":      "-itd: write as words of their own what is beside -i and -t",
		"-tp80:80":  "-tp80:80: write as words of their own what is beside -i and -t",
		"--rm=x":    "--rm=x does not belong here: ctenv removes the container itself",
		"--network": "",
	} {
		if _, _, err := Keys([]string{word}); err == nil && want != "" || err != nil && err.Error() != "run_args: "+want {
			t.Errorf("%s: %v", word, err)
		}
	}
}

func TestParseErrors(t *testing.T) {
	type mistake struct {
		word      int
		text, way string
	}
	tests := []struct {
		words []string
		want  mistake
	}{
		{[]string{"--privileged", "--foo"}, mistake{1, "--foo is not supported; `ctenv help run-args` lists those that are", ""}},
		{[]string{"--cap-ad=X"}, mistake{0, "--cap-ad is not supported; `ctenv help run-args` lists those that are", "did you mean --cap-add?"}},
		{[]string{"-z"}, mistake{0, "-z is not supported; `ctenv help run-args` lists those that are", ""}},
		{[]string{"--dns", "9.9.9.9", "--user=1"}, mistake{2, "--user does not belong here: the command runs as the caller", ""}},
		{[]string{"--net=host"}, mistake{0, "--net does not belong here: the key is network", ""}},
		{[]string{"-it"}, mistake{0, "-i does not belong here: the key is stdin", ""}},
		{[]string{"--memory=much"}, mistake{0, "--memory=much: invalid size: 'much'", ""}},
		{[]string{"--memory"}, mistake{0, "--memory needs a value: --memory=BYTES", ""}},
		{[]string{"--memory="}, mistake{0, "--memory needs a value: --memory=BYTES", ""}},
		{[]string{"--memory", "--privileged"}, mistake{0, `--memory needs a value, but "--privileged" follows: write --memory=BYTES`, ""}},
		{[]string{"--privileged false"}, mistake{0, "--privileged is a switch: write --privileged or --privileged=false", ""}},
		{[]string{"--privileged", "alpine"}, mistake{1, `"alpine" is no option: one starts with --`, ""}},
		{[]string{""}, mistake{0, `"" is no option: one starts with --`, ""}},
		{[]string{"--"}, mistake{0, `"--" is no option`, ""}},
		{[]string{"-"}, mistake{0, `"-" is no option`, ""}},
		{[]string{"--=x"}, mistake{0, `"--=x" is no option`, ""}},
		{[]string{"--uts=a\nb"}, mistake{0, `--uts="a\nb": want host`, ""}},
		{[]string{"--dns-option=a\x00b"}, mistake{0, `--dns-option: "a\x00b" holds a NUL byte`, ""}},
		{[]string{"--no-healthcheck", "--health-cmd=x", "-P"}, mistake{2, "--no-healthcheck and --health-* exclude each other", ""}},
		{[]string{"--runtime=podman"}, mistake{0, `--runtime=podman: this is the OCI runtime; to choose the engine, set the key runtime = "podman"`, ""}},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.words, " "), func(t *testing.T) {
			_, err := Parse(tt.words)
			var got *Error
			if !errors.As(err, &got) {
				t.Fatalf("got %v, want an *Error", err)
			}
			way, _ := hint.Of(got)
			if m := (mistake{got.Word, got.Err.Error(), way}); m != tt.want {
				t.Errorf("\ngot  %#v\nwant %#v", m, tt.want)
			}
		})
	}
}

// TestReserved has every option whose place is taken refused with its advice, in
// each of its spellings.
func TestReserved(t *testing.T) {
	for _, r := range reserved {
		spellings := []string{"--" + r.name}
		if r.alias != "" {
			spellings = append(spellings, "--"+r.alias)
		}
		if r.short != "" {
			spellings = append(spellings, "-"+r.short)
		}
		for _, s := range spellings {
			_, err := Parse([]string{s + "=x"})
			if want := "run_args: " + s + " does not belong here: " + r.doc; err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	}
}

// TestTable holds the table to what the lookup relies on.
func TestTable(t *testing.T) {
	seen := map[string]bool{"": true}
	once := func(s string) {
		if s != "" && seen[s] {
			t.Errorf("%q is there twice", s)
		}
		seen[s] = true
	}
	for i, o := range options {
		if i > 0 && options[i-1].name >= o.name {
			t.Errorf("%s is out of order", o.name)
		}
		once(o.name)
		once(o.short)
		once(o.alias)
		if o.doc == "" || o.set == nil {
			t.Errorf("%s lacks its doc line or its setter", o.name)
		}
	}
	for _, r := range reserved {
		once(r.name)
		once(r.short)
		once(r.alias)
	}
}

func TestKey(t *testing.T) {
	args, err := Parse([]string{"-e A=b", "--env-file=f", "-l a=b", "--ulimit=nofile=1", "-v /a:/b", "--privileged"})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"env", "env_file", "labels", "ulimits", "volumes", ""} {
		if got := args[i].Key(); got != want {
			t.Errorf("%s: key %q, want %q", args[i], got, want)
		}
		err := Apply(args[i:i+1], nil, &container.Config{}, &container.HostConfig{}, &network.NetworkingConfig{})
		if (err != nil) != (want != "") {
			t.Errorf("%s: Apply gives %v", args[i], err)
		}
	}
}

func TestMount(t *testing.T) {
	for _, tt := range []struct {
		arg  Arg
		want Mount
	}{
		{Arg{"tmpfs", "/a:size=1m"}, Mount{Target: "/a"}},
		{Arg{"mount", "type=tmpfs,dst=/b"}, Mount{Target: "/b"}},
		{Arg{"mount", "source=vol,dst=/b,ro"}, Mount{Target: "/b", ReadOnly: true}},
		{Arg{"mount", "type=BIND,src=/c,destination=/d,readonly=true"}, Mount{Source: "/c", Target: "/d", ReadOnly: true}},
		{Arg{"mount", `source=vol,dst=/b,volume-driver=local,volume-opt=type=none,"volume-opt=o=bind,rw",volume-opt=device=/home`}, Mount{Source: "/home", Target: "/b"}},
		{Arg{"memory", "1g"}, Mount{}},
		{Arg{"mount", "dst=relative"}, Mount{}},
	} {
		if got, ok := tt.arg.Mount(); got != tt.want || ok != (tt.want.Target != "") {
			t.Errorf("%v: got %+v, %v, want %+v", tt.arg, got, ok, tt.want)
		}
	}
}

func TestResolve(t *testing.T) {
	abs := func(p string) string { return "/abs/" + p }
	tests := []struct{ in, want Arg }{
		{Arg{"mount", "type=bind,src=./x,dst=/x,ro"}, Arg{"mount", "type=bind,src=/abs/./x,dst=/x,ro"}},
		{Arg{"mount", "type=bind,source=~/x,dst=/x"}, Arg{"mount", "type=bind,source=/abs/~/x,dst=/x"}},
		{Arg{"mount", `type=bind,"src=./a,b",dst=/x`}, Arg{"mount", `type=bind,"src=/abs/./a,b",dst=/x`}},
		{Arg{"mount", "source=cache,dst=/x"}, Arg{"mount", "source=cache,dst=/x"}},
		{Arg{"mount", "type=bind,src=/x,dst=/x"}, Arg{"mount", "type=bind,src=/x,dst=/x"}},
		{Arg{"security-opt", "seccomp=p.json"}, Arg{"security-opt", "seccomp=/abs/p.json"}},
		{Arg{"security-opt", "seccomp=unconfined"}, Arg{"security-opt", "seccomp=unconfined"}},
		{Arg{"security-opt", "label:disable"}, Arg{"security-opt", "label:disable"}},
		{Arg{"dns", "9.9.9.9"}, Arg{"dns", "9.9.9.9"}},
	}
	for _, tt := range tests {
		in := []Arg{tt.in}
		if got := Resolve(in, abs)[0]; got != tt.want {
			t.Errorf("%v: got %v, want %v", tt.in, got, tt.want)
		}
		if in[0] != tt.in {
			t.Errorf("%v: the caller's list has changed", tt.in)
		}
	}
}

// TestApplyOnTop has Apply respect what is there already.
func TestApplyOnTop(t *testing.T) {
	tests := []struct {
		name  string
		args  []Arg
		host  container.HostConfig
		check func(container.Config, container.HostConfig, network.NetworkingConfig) any
		want  any
	}{
		{
			"the last of two wins", []Arg{{"memory", "1m"}, {"memory", "2m"}}, container.HostConfig{},
			func(_ container.Config, h container.HostConfig, _ network.NetworkingConfig) any { return h.Memory },
			int64(2 << 20),
		},
		{
			"a list is added to", []Arg{{"add-host", "a:1.2.3.4"}}, container.HostConfig{ExtraHosts: []string{"b:1.2.3.4"}},
			func(_ container.Config, h container.HostConfig, _ network.NetworkingConfig) any { return h.ExtraHosts },
			[]string{"b:1.2.3.4", "a:1.2.3.4"},
		},
		{
			"no log option keeps the driver", []Arg{{"memory", "1m"}}, container.HostConfig{LogConfig: container.LogConfig{Type: "none"}},
			func(_ container.Config, h container.HostConfig, _ network.NetworkingConfig) any {
				return h.LogConfig.Type
			},
			"none",
		},
		{
			"a log option means the engine's driver", []Arg{{"log-opt", "max-size=1m"}}, container.HostConfig{LogConfig: container.LogConfig{Type: "none"}},
			func(_ container.Config, h container.HostConfig, _ network.NetworkingConfig) any { return h.LogConfig },
			container.LogConfig{Config: map[string]string{"max-size": "1m"}},
		},
		{
			"the volume driver reaches named volumes without one", []Arg{{"volume-driver", "nfs"}},
			container.HostConfig{Mounts: []mount.Mount{
				{Type: mount.TypeVolume},
				{Type: mount.TypeBind},
				{Type: mount.TypeVolume, VolumeOptions: &mount.VolumeOptions{DriverConfig: &mount.Driver{Name: "own"}}},
			}},
			func(_ container.Config, h container.HostConfig, _ network.NetworkingConfig) any {
				return []any{h.Mounts[0].VolumeOptions.DriverConfig.Name, h.Mounts[1].VolumeOptions == nil, h.Mounts[2].VolumeOptions.DriverConfig.Name}
			},
			[]any{"nfs", true, "own"},
		},
		{
			"a MAC address reaches old engines too", []Arg{{"mac-address", "92:d0:c6:0a:29:33"}}, container.HostConfig{},
			func(c container.Config, _ container.HostConfig, n network.NetworkingConfig) any {
				//lint:ignore SA1019 what old engines read
				return []string{c.MacAddress, n.EndpointsConfig["default"].MacAddress}
			},
			[]string{"92:d0:c6:0a:29:33", "92:d0:c6:0a:29:33"},
		},
		{
			"no network option makes no endpoint", []Arg{{"memory", "1m"}}, container.HostConfig{NetworkMode: "office"},
			func(_ container.Config, _ container.HostConfig, n network.NetworkingConfig) any {
				return len(n.EndpointsConfig)
			},
			0,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var config container.Config
			var nets network.NetworkingConfig
			host := tt.host
			if err := Apply(tt.args, nil, &config, &host, &nets); err != nil {
				t.Fatal(err)
			}
			if got := tt.check(config, host, nets); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestApplyKeepsEndpoint(t *testing.T) {
	nets := network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{"office": {Aliases: []string{"a"}}}}
	host := container.HostConfig{NetworkMode: "office"}
	if err := Apply([]Arg{{"network-alias", "b"}}, nil, &container.Config{}, &host, &nets); err != nil {
		t.Fatal(err)
	}
	if got, want := nets.EndpointsConfig["office"].Aliases, []string{"a", "b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestApplyErrors(t *testing.T) {
	tests := []struct {
		name string
		arg  Arg
		mode container.NetworkMode
		is   error
	}{
		{"alias without a network", Arg{"network-alias", "web"}, "", nil},
		{"alias on the bridge", Arg{"network-alias", "web"}, "bridge", nil},
		{"profile that nobody has read", Arg{"security-opt", "seccomp=testdata/seccomp.json"}, "", nil},
		{"unknown option", Arg{"foo", "x"}, "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := Apply([]Arg{tt.arg}, nil, &container.Config{}, &container.HostConfig{NetworkMode: tt.mode}, &network.NetworkingConfig{})
			if err == nil || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("got %v, want an error (%v)", err, tt.is)
			}
		})
	}
}

// FuzzParse: whatever Parse takes, it takes in its own spelling, with the same
// result; and Apply takes it too.
func FuzzParse(f *testing.F) {
	for _, v := range values {
		for _, line := range append(v.good, v.bad...) {
			f.Add(strings.Join(words(line), "\n"))
		}
	}
	f.Add("-p\n8080:80\n-P")
	f.Fuzz(func(t *testing.T, text string) {
		args, err := Parse(strings.Split(text, "\n"))
		if err != nil {
			return
		}
		var spelled []string
		for _, a := range args {
			spelled = append(spelled, a.String())
		}
		again, err := Parse(spelled)
		if err != nil || !slices.Equal(args, again) {
			t.Errorf("%v spelled out gives %v, %v", args, again, err)
		}
		args = slices.DeleteFunc(args, func(a Arg) bool { return a.Key() != "" || a.Name == "security-opt" })
		host := container.HostConfig{NetworkMode: "office"}
		if err := Apply(args, nil, &container.Config{}, &host, &network.NetworkingConfig{}); err != nil {
			t.Errorf("Apply(%v): %v", args, err)
		}
	})
}
