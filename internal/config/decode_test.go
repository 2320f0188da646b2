package config

import (
	_ "embed"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// show gives the rows of c as "key = value @line:col".
func show(c Container) []string {
	var out []string
	for _, r := range c.Rows() {
		out = append(out, fmt.Sprintf("%s = %s @%d:%d", r.Key, r.Value, r.Pos.Line, r.Pos.Col))
	}
	return out
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The build system that ctenv was made for, as its document writes it.
//
//go:embed testdata/build-system.toml
var buildSystem string

func TestBuildSystem(t *testing.T) {
	containers, warnings, err := decodeAll(buildSystem, false)
	if err != nil || len(warnings) > 0 || len(containers) != 1 {
		t.Fatal(containers, warnings, err)
	}
	c := containers[0]
	if c.Name != "build" || c.Pos.String() != "f.toml:1:2" {
		t.Errorf("Name, Pos = %q, %s", c.Name, c.Pos)
	}
	compare(t, show(c), []string{
		`image = "docker.office.internal:5000/builder/mainline:rocky8-v5" @2:9`,
		`volumes = "build-caches-user-${USER}:/var/cache/builds:rw,chown" @10:12`,
		`env = "BUILD_NUMBER_THREADS" @5:5`,
		`env = "BUILD_CONTAINER=0" @6:5`,
		`env = "BUILD_CACHE_MIRRORS=file://.* http://builds.office.internal/builds/gitlab/development/mainline/cache/PATH" @7:5`,
		`env = "BUILD_CACHE_DIR=/var/cache/builds/build-caches-${image|slug}" @8:5`,
		`post_start_commands = "mkdir -p /var/cache/builds/build-caches-${image|slug}" @12:5`,
		`post_start_commands = "source /build-venv/bin/activate" @13:5`,
		`network = "office" @3:11`,
		`ulimits.nofile = "1024" @15:22`,
	})
}

func TestDecode(t *testing.T) {
	tests := []struct {
		name, src string
		want      []string
	}{
		{"every kind", `[containers.a]
command = ["make", "all"]
default = true
tty = true
groups = ["docker", 0x10, 1_000]
labels = { a = "1", "b.c" = "two\nlines" }
`, []string{
			`command = ["make", "all"] @2:11`,
			`default = true @3:11`,
			`groups = "docker" @5:11`,
			`groups = "16" @5:21`,
			`groups = "1000" @5:27`,
			`tty = true @4:7`,
			`labels.a = "1" @6:16`,
			`labels."b.c" = "two\nlines" @6:29`,
		}},
		{"texts that are written without quotes", `[containers.a]
env = { A = -3, B = 1_000, C = 0x1F, D = 1_000.50, E = 1e3, F = true }
`, []string{
			`env = "A=-3" @2:13`, `env = "B=1000" @2:21`, `env = "C=31" @2:32`, `env = "D=1000.50" @2:42`, `env = "E=1e3" @2:56`, `env = "F=true" @2:65`,
		}},
		{"dotted keys", `containers.a.build.args.X = "1"
containers.a.build.tag = 't'
containers.a.ulimits = { core = "unlimited", nofile = "1:2", nproc = { soft = 5, hard = "unlimited" }, cpu = -1 }
`, []string{
			`build.tag = "t" @2:26`,
			`build.args.X = "1" @1:29`,
			`ulimits.core = "unlimited" @3:33`,
			`ulimits.nofile = "1:2" @3:55`,
			`ulimits.nproc = "5:unlimited" @3:70`,
			`ulimits.cpu = "-1" @3:110`,
		}},
		{"sub-tables before their container", `[containers.a.build]
context = "."
[containers.a.ulimits.nofile]
soft = 1
hard = 2
[containers.a]
command = "make"
`, []string{
			`build.context = "." @2:11`,
			`command = "make" @7:11`,
			`ulimits.nofile = "1:2" @3:2`,
		}},
		{"old names", `[containers.a]
working_dir_mount = "/w"
container_name = "n"
`, []string{
			`project_target = "/w" @2:21`,
			`name = "n" @3:18`,
		}},
		{"templates wait", `[containers.a]
pull = "${env.PULL}"
ulimits = { nofile = "${env.N}" }
`, []string{
			`ulimits.nofile = "${env.N}" @3:22`,
			`pull = "${env.PULL}" @2:8`,
		}},
		{"strings", `[containers.a]
post_start_commands = [
  """
one
two""", '''a\b''', "\u00e9\u007f",
]
`, []string{
			`post_start_commands = "one\ntwo" @3:3`,
			`post_start_commands = "a\\b" @5:9`,
			`post_start_commands = "é\u007F" @5:20`,
		}},
		{"CRLF", "[containers.a]\r\nimage = \"x\"\r\nenv = [\r\n\"A\"]\r\n", []string{
			`image = "x" @2:9`,
			`env = "A" @4:1`,
		}},
		{"CRLF in strings of more than one line", "[containers.a]\r\npost_start_commands = [\r\n\"\"\"\r\none\r\ntwo \\\r\n  three\r\n\"\"\", '''a\r\nb''', \"c\\r\\n\"]\r\nimage = \"x\"\r\n", []string{
			`image = "x" @9:9`,
			`post_start_commands = "one\ntwo three\n" @3:1`,
			`post_start_commands = "a\nb" @7:6`,
			`post_start_commands = "c\u000D\n" @8:7`,
		}},
		{"CRLF twice", "[containers.a]\r\r\npost_start_commands = [\"\"\"\r\r\none\r\r\r\ntwo\r\r\n\"\"\", '''a\r\r\nb''']\r\r\n", []string{
			`post_start_commands = "one\ntwo\n" @2:24`,
			`post_start_commands = "a\nb" @5:6`,
		}},
		{"byte order mark", "\ufeffcontainers.a.sudo = true", []string{`sudo = true @1:21`}},
		{"empty", "[containers.a]\nenv = []\nlabels = {}", nil},
		{"odd spacing", "[ containers . a ]\n \"image\"\t =\t'x' # c", []string{`image = "x" @2:13`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			containers, warnings, err := decodeAll(tt.src, false)
			if err != nil || len(warnings) > 0 || len(containers) != 1 {
				t.Fatal(containers, warnings, err)
			}
			compare(t, show(containers[0]), tt.want)
		})
	}
}

func TestCommandKinds(t *testing.T) {
	containers, _, err := decodeAll("[containers.a]\ncommand = \"make -j\"\n[containers.b]\ncommand = [\"make\", \"-j\"]\n", false)
	if err != nil {
		t.Fatal(err)
	}
	if c := containers[0].Command; !c.Set || !c.Shell.Set || c.Shell.V != "make -j" || c.Args != nil {
		t.Errorf("a string: %+v", c)
	}
	if c := containers[1].Command; !c.Set || c.Shell.Set || len(c.Args) != 2 || c.Args[1].V != "-j" {
		t.Errorf("an array: %+v", c)
	}
}

func TestIgnoredKey(t *testing.T) {
	_, warnings, err := decodeAll("[containers.a]\ngosu_path = \"/x\"\n", false)
	if err != nil || len(warnings) != 1 {
		t.Fatal(warnings, err)
	}
	if w := warnings[0]; w.Error() != "f.toml:2:1: gosu_path has no effect" || w.Hint != "remove it; ctenv drops privileges by itself" {
		t.Errorf("%q, %q", w.Error(), w.Hint)
	}
}

// What the table says about a key must fit the key's field and itself.
func TestKeys(t *testing.T) {
	seen := map[any]string{}
	var c Container
	var walk func(keys []Key)
	walk = func(keys []Key) {
		for _, k := range keys {
			if k.Doc == "" || strings.HasSuffix(k.Doc, ".") || strings.Contains(k.Doc, "\n") {
				t.Errorf("%s: doc %q", k.Name, k.Doc)
			}
			if k.Default != "" && k.Unset != "" {
				t.Errorf("%s has a default and a text for having none", k.Name)
			}
			if k.Kind == KindIgnored {
				continue
			}
			field := k.field(&c)
			if other := seen[field]; other != "" {
				t.Errorf("%s and %s have one field", k.Name, other)
			}
			seen[field] = k.Name
			want := map[Kind]any{
				KindString: &String{}, KindBool: &Value[bool]{}, KindBoolOrAuto: &String{},
				KindList: &[]String{}, KindEnv: &[]String{}, KindNames: &[]String{}, KindGroups: &[]String{}, KindCommand: &Command{},
				KindTable: &[]Entry{}, KindPackages: &Packages{}, KindUlimits: &[]Entry{}, KindKeys: &Build{},
			}[k.Kind]
			if reflect.TypeOf(field) != reflect.TypeOf(want) {
				t.Errorf("%s: field is a %T, want %T", k.Name, field, want)
			}
			walk(k.Keys)
		}
	}
	walk(Keys())

	// Every field of Container and Build but those about the table itself.
	fields := reflect.TypeOf(Container{}).NumField() - len([]string{"Name", "Pos", "Limits", "Borrowed", "Own"}) +
		reflect.TypeOf(Build{}).NumField() - len([]string{"Pos", "Set"})
	if len(seen) != fields {
		t.Errorf("%d keys for %d fields", len(seen), fields)
	}
}

// Each text of a file is one of Rows: what a text takes is asked for, and kept out of errors,
// by those.
func TestRowsHaveEachText(t *testing.T) {
	const text = "${env.TOKEN}"
	forms := map[Kind]string{
		KindString: `%s = "X"`, KindBoolOrAuto: `%s = "X"`, KindList: `%s = ["X"]`, KindEnv: `%s = { A = "X" }`, KindGroups: `%s = ["X"]`,
		KindCommand: `%s = ["X"]`, KindTable: `%s = { a = "X" }`, KindUlimits: `%s = { nofile = { soft = "X", hard = "1" } }`, KindPackages: `%s = { apt = ["X"] }`,
	}
	var walk func(keys []Key, prefix string)
	walk = func(keys []Key, prefix string) {
		for _, k := range keys {
			walk(k.Keys, prefix+k.Name+".")
			form := forms[k.Kind]
			if form == "" {
				if !slices.Contains([]Kind{KindKeys, KindBool, KindNames, KindIgnored}, k.Kind) { // names are no templates
					t.Errorf("%s: no form for its kind", k.Name)
				}
				continue
			}
			file := "[containers.a]\n" + fmt.Sprintf(strings.ReplaceAll(form, "X", text), prefix+k.Name) + "\n"
			f, err := Parse([]byte(file), &Source{Name: "f.toml"}, false)
			if err != nil {
				t.Fatal(err)
			}
			c, _, err := decodeContainer("a", f.containers[0])
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			if rows := c.Rows(); !slices.ContainsFunc(rows, func(r Row) bool { return strings.Contains(strings.Join(r.Texts(), " "), text) }) {
				t.Errorf("%s: the text is in none of %v", file, rows)
			}
		}
	}
	walk(Keys(), "")
}
