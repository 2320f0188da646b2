package config

import (
	"errors"
	"strings"
	"testing"
)

// decodeAll reads a file and decodes every table of it, the way Resolve would.
func decodeAll(src string, user bool) ([]Container, []*Error, error) {
	f, err := Parse([]byte(src), &Source{Name: "f.toml", Dir: "/p"}, user)
	if err != nil {
		return nil, nil, err
	}
	var out []Container
	var warnings []*Error
	tables := f.containers
	names := []string{}
	for _, e := range f.containers {
		names = append(names, e.key)
	}
	if f.defaults != nil {
		tables = append([]*entry{f.defaults}, tables...)
		names = append([]string{""}, names...)
	}
	for i, e := range tables {
		c, w, err := decodeContainer(names[i], e)
		if err != nil {
			return nil, nil, err
		}
		out, warnings = append(out, c), append(warnings, w...)
	}
	return out, warnings, nil
}

// Each mistake gives one line with its place, and most a hint.
func TestMistakes(t *testing.T) {
	const in = "[containers.build]\n"
	tests := []struct {
		name, src, want, hint string
	}{
		{"no value", "[defaults]\nimage =\n",
			"f.toml:2:8: Invalid TOML: unexpected character U+000A at start of value",
			`write a value: image = "…"`},
		{"unclosed string", "[defaults]\nimage = \"x\n",
			"f.toml:2:11: Invalid TOML: basic strings cannot have new lines",
			`close the string: image = "x"`},
		{"key twice", in + "image = \"a\"\nsudo = true\nimage = \"b\"\n",
			"f.toml:4:1: Invalid TOML: key image is already defined",
			""},
		{"table twice", in + "[defaults]\n[containers.build]\n",
			"f.toml:3:2: Invalid TOML: table build already exists",
			""},
		{"number too large", in + "ulimits = { nofile = 99999999999999999999 }\n",
			"f.toml:2:22: Invalid TOML: decimal number is too large to fit in a 64-bit signed integer",
			""},
		{"not UTF-8", in + "image = \"é\xe9\"\n",
			"f.toml:2:11: byte 0xe9 is not UTF-8",
			"save the file as UTF-8"},

		{"top level", "[container.build]\n",
			`f.toml:1:2: unknown key "container" at the top level`,
			`did you mean "containers"?`},
		{"top level far", "[build]\nimage = \"x\"\n",
			`f.toml:1:2: unknown key "build" at the top level`,
			"a container is written [containers.build]"},
		{"top level key", "image = \"x\"\n",
			`f.toml:1:1: unknown key "image" at the top level`,
			"image belongs in [defaults] or [containers.NAME]"},
		{"top level other", "version = 2\n",
			`f.toml:1:1: unknown key "version" at the top level`,
			"the file holds [defaults] and [containers.NAME]"},
		{"top level of another tool", "default_container = \"dev\"\n",
			`f.toml:1:1: unknown key "default_container" at the top level`,
			"write default = true in that container"},
		{"defaults shape", "defaults = 3\n",
			"f.toml:1:12: defaults must be a table, not an integer",
			""},
		{"defaults array", "[[defaults]]\n",
			"f.toml:1:3: defaults must be a table, not an array",
			""},
		{"containers shape", "containers = [\"a\"]\n",
			"f.toml:1:14: containers must be a table of containers, [containers.NAME], not an array",
			""},
		{"container shape", "[containers]\nbuild = \"ubuntu\"\n",
			"f.toml:2:1: containers.build must be a table, not a string",
			""},
		{"container array", "[[containers.build]]\nimage = \"x\"\n",
			"f.toml:1:14: containers.build must be a table, not an array",
			""},
		{"container without a name", "[containers.\"\"]\n",
			"f.toml:1:13: a container needs a name",
			"write [containers.NAME]"},
		{"limits in a project", "[limits]\n",
			"f.toml:1:2: limits is not for this file to say",
			"it belongs in ~/.ctenv.toml"},
		{"trust in a project", "trust = \"off\"\n",
			"f.toml:1:1: trust is not for this file to say",
			"it belongs in ~/.ctenv.toml"},
		{"safe_directories in a project", "safe_directories = [\"*\"]\n",
			"f.toml:1:1: safe_directories is not for this file to say",
			"it belongs in ~/.ctenv.toml"},

		{"misspelt", in + "sudo = true\n  imgae = \"x\"\n",
			`f.toml:3:3: unknown key "imgae" in [containers.build]`,
			`did you mean "image"?`},
		{"unknown", in + "frobnicate = 1\n",
			`f.toml:2:1: unknown key "frobnicate" in [containers.build]`,
			"ctenv config schema prints the keys"},
		{"the project's directory in a file", in + "working_dir = \"..\"\n",
			`f.toml:2:1: unknown key "working_dir" in [containers.build]`,
			"write workdir for where the command starts; ctenv -p DIR says which directory is the project"},
		{"the project's directory, another name", in + "project_dir = \"..\"\n",
			`f.toml:2:1: unknown key "project_dir" in [containers.build]`,
			"leave it out: ctenv -p DIR says which directory is the project"},
		{"misspelt in build", in + "build = { dockerfle = \"x\" }\n",
			`f.toml:2:11: unknown key "dockerfle" in [containers.build.build]`,
			`did you mean "dockerfile"?`},
		{"misspelt in a build table", "[containers.\"my build\".build]\ntags = \"x\"\n",
			`f.toml:2:1: unknown key "tags" in [containers."my build".build]`,
			`did you mean "tag"?`},
		{"default in defaults", "[defaults]\ndefault = true\n",
			"f.toml:2:1: default has no meaning in [defaults]",
			"write it in [containers.NAME]"},
		{"both names", in + "dir_mount = \"/a\"\nproject_target = \"/b\"\n",
			"f.toml:3:1: dir_mount and project_target are names of one key",
			"keep project_target"},
		{"two old names", in + "dir_mount = \"/a\"\nworking_dir_mount = \"/b\"\n",
			"f.toml:3:1: dir_mount and working_dir_mount are names of one key",
			"keep project_target"},

		{"string wanted", in + "image = 24\n",
			"f.toml:2:9: image must be a string, not an integer",
			`put it in quotes: "24"`},
		{"string wanted, date", in + "image = 2024-04-01\n",
			"f.toml:2:9: image must be a string, not a date or time",
			`put it in quotes: "2024-04-01"`},
		{"string wanted, table", in + "workdir = { a = 1 }\n",
			"f.toml:2:11: workdir must be a string, not a table",
			`write workdir = "…"`},
		{"bool wanted", in + "sudo = \"true\"\n",
			"f.toml:2:8: sudo must be true or false, not a string",
			"leave the quotes out"},
		{"bool wanted, number", in + "sudo = 1\n",
			"f.toml:2:8: sudo must be true or false, not an integer",
			"write sudo = true"},
		{"list wanted", in + "env = \"A=1\"\n",
			"f.toml:2:7: env must be an array of strings, not a string",
			`put it in brackets: ["A=1"]`},
		{"list of packages wanted", in + "packages.apt = \"ed\"\n",
			"f.toml:2:16: packages.apt must be an array of strings, not a string",
			`put it in brackets: ["ed"]`},
		{"list item", in + "env = [\n  \"A=1\",\n  2,\n]\n",
			"f.toml:4:3: an item of env must be a string, not an integer",
			`put it in quotes: "2"`},
		{"list item array", in + "env = [\"a\", [\"b\"]]\n",
			"f.toml:2:7: an item of env must be a string, not an array",
			`write env = ["…"]`},
		{"table wanted", in + "labels = [\"a=b\"]\n",
			"f.toml:2:10: labels must be a table, not an array",
			`write labels = { a = "b" }`},
		{"table entry", in + "[containers.build.labels]\n\"a.b\" = []\n",
			`f.toml:3:9: labels."a.b" must be a string, not an array`,
			""},
		{"build shape", in + "build = \".\"\n",
			"f.toml:2:9: build must be a table, not a string",
			`write build = { context = "." }`},
		{"command number", in + "command = 5\n",
			"f.toml:2:11: command must be a string or an array of strings, not an integer",
			`put it in quotes: "5"`},
		{"command item", in + "command = [\"make\", 5]\n",
			"f.toml:2:20: an item of command must be a string, not an integer",
			`put it in quotes: "5"`},
		{"command empty array", in + "command = []\n",
			"f.toml:2:11: command is empty",
			"leave it out for a shell"},
		{"command empty", in + "command = \"\"\n",
			"f.toml:2:11: command is empty",
			"leave it out for a shell"},
		{"group", in + "groups = [\"docker\", 12.5]\n",
			"f.toml:2:21: an item of groups must be a name or a gid, not a float",
			""},
		{"group negative", in + "groups = [-1]\n",
			"f.toml:2:11: an item of groups: -1 is no gid",
			""},
		{"NUL", in + "env = [\"A=\\u0000\"]\n",
			"f.toml:2:8: an item of env holds a NUL byte",
			""},
		{"NUL in a key", in + "labels = { \"a\\u0000\" = \"\" }\n",
			"f.toml:2:12: labels.\"a\\u0000\" holds a NUL byte",
			""},

		{"pull", in + "pull = \"nver\"\n",
			`f.toml:2:8: pull must be "missing", "always" or "never", not "nver"`,
			`did you mean "never"?`},
		{"runtime", in + "runtime = \"containerd\"\n",
			`f.toml:2:11: runtime must be "auto", "docker" or "podman", not "containerd"`,
			`write runtime = "auto"`},
		{"tty", in + "tty = \"yes\"\n",
			`f.toml:2:7: tty must be "auto", true or false, not "yes"`,
			"write tty = true"},
		{"tty number", in + "tty = 1\n",
			`f.toml:2:7: tty must be "auto", true or false, not an integer`,
			"write tty = true"},

		{"limit name", in + "ulimits = { nofiles = 1 }\n",
			`f.toml:2:23: unknown limit "nofiles" in ulimits`,
			`did you mean "nofile"?`},
		{"limit name far", in + "ulimits = { x = 1 }\n",
			`f.toml:2:17: unknown limit "x" in ulimits`,
			"the limits are core, cpu, data, fsize, locks, memlock, msgqueue, nice, nofile, nproc, rss, rtprio, rttime, sigpending, stack"},
		{"limit word", in + "ulimits.nofile = \"many\"\n",
			`f.toml:2:18: ulimits.nofile: "many" is no limit: a number, -1 or "unlimited"`,
			""},
		{"limit negative", in + "ulimits.nofile = -2\n",
			`f.toml:2:18: ulimits.nofile: "-2" is no limit: a number, -1 or "unlimited"`,
			""},
		{"limit soft above hard", in + "ulimits.nofile = \"4096:1024\"\n",
			"f.toml:2:18: ulimits.nofile: the soft limit 4096 is above the hard limit 1024",
			""},
		{"limit soft unlimited", in + "ulimits.nofile = { soft = -1, hard = 5 }\n",
			"f.toml:2:18: ulimits.nofile: the soft limit -1 is above the hard limit 5",
			""},
		{"limit three", in + "ulimits.nofile = \"1:2:3\"\n",
			`f.toml:2:18: ulimits.nofile: "2:3" is no limit: a number, -1 or "unlimited"`,
			""},
		{"limit half", in + "ulimits.nofile = { soft = 1 }\n",
			"f.toml:2:18: ulimits.nofile needs both soft and hard",
			""},
		{"limit key", in + "[containers.build.ulimits.nofile]\nsoft = 1\nmax = 2\n",
			`f.toml:4:1: unknown key "max" in ulimits.nofile`,
			"the keys are soft and hard"},
		{"limit kind", in + "ulimits.nofile = true\n",
			`f.toml:2:18: ulimits.nofile must be a number, "SOFT:HARD" or { soft, hard }, not true`,
			""},
		{"limit kind inside", in + "ulimits.nofile = { soft = 1.5, hard = 2 }\n",
			`f.toml:2:27: ulimits.nofile.soft must be a number or "unlimited", not a float`,
			""},

		{"image and build", in + "build = { context = \".\" }\nimage = \"x\"\n",
			"f.toml:3:9: image and build exclude each other in [containers.build]",
			"keep one; build.tag names the image that is built"},
		{"two dockerfiles", in + "build.dockerfile = \"D\"\nbuild.dockerfile_content = \"FROM x\"\n",
			"f.toml:3:28: dockerfile and dockerfile_content exclude each other in [containers.build]",
			"keep one"},

		{"CRLF", "[containers.build]\r\nimage = 3\r\n",
			"f.toml:2:9: image must be a string, not an integer",
			`put it in quotes: "3"`},
		{"byte order mark", "\ufeffimage = 3\n",
			`f.toml:1:1: unknown key "image" at the top level`,
			"image belongs in [defaults] or [containers.NAME]"},
		{"column in characters", in + "labels = { a = \"ééé\", b = [] }\n",
			"f.toml:2:27: labels.b must be a string, not an array",
			""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := decodeAll(tt.src, false)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error = %v, want an *Error", err)
			}
			if e.Error() != tt.want || e.Hint != tt.hint {
				t.Errorf("\n got %q, %q\nwant %q, %q", e.Error(), e.Hint, tt.want, tt.hint)
			}
			if strings.Contains(e.Error(), "\n") {
				t.Error("more than one line")
			}
		})
	}
}
