package config

import (
	"errors"
	"reflect"
	"testing"
)

// load reads the texts as files, the highest priority first.
func load(t *testing.T, texts ...string) *Config {
	t.Helper()
	c := &Config{}
	for i, text := range texts {
		name := string(rune('a'+i)) + ".toml"
		f, err := Parse([]byte(text), &Source{Name: name, Dir: "/" + name}, false)
		if err != nil {
			t.Fatal(err)
		}
		c.files = append(c.files, f)
	}
	return c
}

var commandLine = &Source{Name: "command line", Dir: "/cwd"}

func flag(v string) String { return String{V: v, Pos: Pos{Source: commandLine}, Set: true} }

// set keeps the rows that are not built in, as "key = value @place".
func set(c Container) []string {
	var out []string
	for _, r := range c.Rows() {
		if r.Pos.Source != nil {
			out = append(out, r.Key+" = "+r.Value+" @"+r.Pos.String())
		}
	}
	return out
}

func TestResolve(t *testing.T) {
	tests := []struct {
		name      string
		files     []string
		container string
		flags     Container
		want      []string
	}{
		{
			name: "nothing",
		},
		{
			name:  "defaults alone",
			files: []string{"[defaults]\nsudo = true\n"},
			want:  []string{"sudo = true @a.toml:2:8"},
		},
		{
			name:  "the default container",
			files: []string{"[containers.x]\ndefault = true\nsudo = true\n[containers.y]\ndefault = false\n"},
			want:  []string{"default = true @a.toml:2:11", "sudo = true @a.toml:3:8"},
		},
		{
			name: "scalars override, lists concatenate, tables merge",
			files: []string{`
[defaults]
workdir = "/d"
shell = "bash"
env = ["A=d"]
labels = { a = "d", b = "d" }
[containers.x]
workdir = "/c"
network = "none"
env = ["B=c"]
labels = { b = "c", c = "c" }
`},
			container: "x",
			flags: Container{
				Network: flag("host"),
				Env:     []String{flag("C=f")},
				Labels:  []Entry{{"a", flag("f")}, {"d", flag("f")}},
			},
			want: []string{
				`workdir = "/c" @a.toml:8:11`,
				`env = "A=d" @a.toml:5:8`,
				`env = "B=c" @a.toml:10:8`,
				`env = "C=f" @command line`,
				`shell = "bash" @a.toml:4:9`,
				`network = "host" @command line`,
				`labels.a = "f" @command line`,
				`labels.b = "c" @a.toml:11:16`,
				`labels.c = "c" @a.toml:11:25`,
				`labels.d = "f" @command line`,
			},
		},
		{
			name: "a higher file's container replaces a lower one's whole, defaults merge",
			files: []string{
				"[containers.x]\nsudo = true\n",
				"[defaults]\nstdin = false\n[containers.x]\nworkdir = \"/low\"\n[containers.y]\n",
				"[defaults]\nworkdir = \"/lowest\"\n",
			},
			container: "x",
			want:      []string{`workdir = "/lowest" @c.toml:2:11`, "sudo = true @a.toml:2:8", "stdin = false @b.toml:2:9"},
		},
		{
			name:      "mistakes in other containers",
			files:     []string{"[containers.x]\nsudo = true\n[containers.y]\nimgae = 1\n[containers]\nz = 3\n"},
			container: "x",
			want:      []string{"sudo = true @a.toml:2:8"},
		},
		{
			name:      "false and empty override too",
			files:     []string{"[defaults]\nsudo = true\nhostname = \"h\"\n[containers.x]\nsudo = false\nhostname = \"\"\n"},
			container: "x",
			want:      []string{"sudo = false @a.toml:5:8", `hostname = "" @a.toml:6:12`},
		},
		{
			name:      "an image over the defaults' build",
			files:     []string{"[defaults]\nbuild.tag = \"t\"\n[containers.x]\nimage = \"i\"\n"},
			container: "x",
			want:      []string{`image = "i" @a.toml:4:9`},
		},
		{
			name:      "a build over the defaults' image",
			files:     []string{"[defaults]\nimage = \"i\"\n[containers.x]\nbuild.tag = \"t\"\n"},
			container: "x",
			want: []string{
				`build.dockerfile = "Dockerfile" @a.toml:4:1`,
				`build.context = "." @a.toml:4:1`,
				`build.tag = "t" @a.toml:4:13`,
			},
		},
		{
			name:      "--image over everything",
			files:     []string{"[defaults]\nimage = \"i\"\n[containers.x]\nbuild.tag = \"t\"\n"},
			container: "x",
			flags:     Container{Image: flag("f"), Build: Build{Tag: flag("t"), Pos: flag("").Pos, Set: true}},
			want:      []string{`image = "f" @command line`},
		},
		{
			name:      "a build's tables merge, and its built-in context stays with the file",
			files:     []string{"[defaults.build]\nargs = { A = \"d\", B = \"d\" }\n[containers.x.build]\nargs = { B = \"c\" }\n"},
			container: "x",
			flags:     Container{Build: Build{Args: []Entry{{"C", flag("f")}}, Pos: flag("").Pos, Set: true}},
			want: []string{
				`build.dockerfile = "Dockerfile" @a.toml:3:2`,
				`build.context = "." @a.toml:3:2`,
				`build.tag = "ctenv-${project_dir|slug}-${container|slug}:latest" @a.toml:3:2`,
				`build.args.A = "d" @a.toml:2:14`,
				`build.args.B = "c" @a.toml:4:14`,
				`build.args.C = "f" @command line`,
			},
		},
		{
			name:      "an inline Dockerfile over a lower file name",
			files:     []string{"[defaults]\nbuild.dockerfile = \"D\"\n[containers.x]\nbuild.dockerfile_content = \"FROM x\"\nbuild.tag = \"t\"\n"},
			container: "x",
			want:      []string{`build.dockerfile_content = "FROM x" @a.toml:4:28`, `build.tag = "t" @a.toml:5:13`},
		},
		{
			name:      "a file name over a lower inline Dockerfile",
			files:     []string{"[defaults]\nbuild.dockerfile_content = \"FROM x\"\n[containers.x]\nbuild = { dockerfile = \"D\", tag = \"t\", context = \"c\" }\n"},
			container: "x",
			want: []string{
				`build.dockerfile = "D" @a.toml:4:24`,
				`build.context = "c" @a.toml:4:50`,
				`build.tag = "t" @a.toml:4:35`,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := load(t, tt.files...).Resolve(tt.container, tt.flags)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, set(got), tt.want)
		})
	}
}

func TestBuiltins(t *testing.T) {
	c, err := (&Config{}).Resolve("", Container{})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, show(c), []string{
		`image = "ubuntu:latest" @0:0`,
		`default = false @0:0`,
		`project_target = "/repo" @0:0`,
		`auto_project_mount = true @0:0`,
		`workdir = "auto" @0:0`,
		`env_paths = false @0:0`,
		`ssh_agent = false @0:0`,
		`git_identity = false @0:0`,
		`sudo = false @0:0`,
		`tty = "auto" @0:0`,
		`stdin = true @0:0`,
		`detach = false @0:0`,
		`shell = "auto" @0:0`,
		`name = "ctenv-${project_dir|slug}-${container|slug}-${pid}" @0:0`,
		`create_network = false @0:0`,
		`progress = "auto" @0:0`,
		`pull = "missing" @0:0`,
		`image_entrypoint = false @0:0`,
		`runtime = "auto" @0:0`,
	})
	if err := c.Check(); err != nil {
		t.Errorf("a built-in value is not allowed: %v", err)
	}
}

func TestResolveErrors(t *testing.T) {
	tests := []struct {
		name, file, container string
		flags                 Container
		want, hint            string
	}{
		{
			name: "unknown, near", file: "[containers.test]\n[containers.build]\n", container: "biuld",
			want: `Unknown container "biuld"; there are build, test`, hint: `did you mean "build"?`,
		},
		{
			name: "unknown, none", container: "build",
			want: `Unknown container "build": no configuration file has one`,
		},
		{
			name: "two defaults", file: "[containers.b]\ndefault = true\n[containers.c]\n[containers.a]\ndefault = true\n",
			want: "Multiple containers marked as default: a, b", hint: "name the one to use, or keep default = true in one",
		},
		{
			name: "default of a wrong type", file: "[containers.b]\ndefault = \"true\"\n",
			want: "a.toml:2:11: default must be true or false, not a string", hint: "leave the quotes out",
		},
		{
			name: "mistake in it", file: "[containers.b]\nsuod = true\n", container: "b",
			want: `a.toml:2:1: unknown key "suod" in [containers.b]`, hint: `did you mean "sudo"?`,
		},
		{
			name: "mistake in the defaults", file: "[defaults]\npull = \"often\"\n[containers.b]\npull = \"never\"\n", container: "b",
			want: `a.toml:2:8: pull must be "missing", "always" or "never", not "often"`, hint: `write pull = "missing"`,
		},
		{
			name: "mistake on the command line", flags: Container{Pull: flag("newer")},
			want: `command line: pull must be "missing", "always" or "never", not "newer"`, hint: `did you mean "never"?`,
		},
		{
			name: "limit on the command line", flags: Container{Ulimits: []Entry{{"nofile", flag("x")}}},
			want: `command line: ulimits.nofile: "x" is no limit: a number, -1 or "unlimited"`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.file).Resolve(tt.container, tt.flags)
			var e *Error
			if !errors.As(err, &e) || e.Error() != tt.want || e.Hint != tt.hint {
				t.Errorf("\n got %v\nwant %s, %s", err, tt.want, tt.hint)
			}
		})
	}
}

func TestResolveName(t *testing.T) {
	c := load(t, "[containers.x]\ndefault = true\n")
	for _, name := range []string{"", "x"} {
		got, err := c.Resolve(name, Container{Name: "flags"})
		if err != nil || got.Name != "x" || got.Pos.Line != 1 {
			t.Errorf("Resolve(%q) is named %q at %s, %v", name, got.Name, got.Pos, err)
		}
	}
	if got, err := (&Config{}).Resolve("", Container{}); err != nil || got.Name != "" {
		t.Errorf("the defaults alone are named %q, %v", got.Name, err)
	}
}

func TestNames(t *testing.T) {
	c := load(t, "[containers.z]\n[containers.a]\n", "[containers.m]\n[containers.a]\n")
	if got, want := c.Names(), []string{"a", "m", "z"}; !reflect.DeepEqual(got, want) {
		t.Errorf("Names() = %q, want %q", got, want)
	}
}

// Resolving twice, as `run` and completion may, warns once and shares no memory.
func TestResolveTwice(t *testing.T) {
	c := load(t, "[defaults]\ngosu_path = \"x\"\nenv = [\"A\"]\nlabels = { a = \"1\" }\n[containers.x]\n")
	first, err := c.Resolve("x", Container{})
	if err != nil {
		t.Fatal(err)
	}
	first.Env[0].V, first.Labels[0].Value.V = "changed", "changed"
	second, err := c.Resolve("x", Container{})
	if err != nil {
		t.Fatal(err)
	}
	if second.Env[0].V != "A" || second.Labels[0].Value.V != "1" {
		t.Error("a change of one result reaches the other")
	}
	if len(c.Warnings) != 1 {
		t.Errorf("Warnings = %v, want one", c.Warnings)
	}
}

// Merge leaves its arguments alone: layers are used again.
func TestMergeCopies(t *testing.T) {
	base := Container{Env: make([]String, 1, 4), Labels: make([]Entry, 1, 4)}
	base.Labels[0] = Entry{"a", flag("base")}
	one := Merge(base, Container{Env: []String{flag("one")}, Labels: []Entry{{"a", flag("one")}, {"b", flag("one")}}})
	two := Merge(base, Container{Env: []String{flag("two")}, Labels: []Entry{{"b", flag("two")}}})
	if one.Env[1].V != "one" || two.Env[1].V != "two" || one.Labels[1].Value.V != "one" || two.Labels[0].Value.V != "base" {
		t.Errorf("layers share memory: %v, %v", one, two)
	}
}
