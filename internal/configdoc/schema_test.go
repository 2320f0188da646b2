package configdoc

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"ctenv/internal/config"
	"ctenv/internal/starter"
)

// compile gives the schema as a library of JSON Schema reads it.
func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("ctenv.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("ctenv.json") // also validates it by the schema of draft 7
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON is a TOML document as an editor gives it to a schema.
func asJSON(t *testing.T, file string) any {
	t.Helper()
	var v any
	if err := toml.Unmarshal([]byte(file), &v); err != nil {
		t.Fatalf("%v in:\n%s", err, file)
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// decode has every container of a file put together. own: it is the user's or the system's.
func decode(file string, own bool) error {
	f, err := config.Parse([]byte(file), &config.Source{Name: "f.toml", Dir: "/p"}, own)
	if err != nil {
		return err
	}
	c := &config.Config{}
	if err := c.Use([]*config.File{f}, "/home"); err != nil {
		return err
	}
	_, err = c.Defaults()
	for _, name := range c.Names() {
		if err == nil {
			_, err = c.Resolve(name, config.Container{})
		}
	}
	return err
}

func content(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestSchemaAccepts(t *testing.T) {
	// What ctenv init writes, as it is and with every comment that is a setting taken out.
	start, err := starter.Detect(fstest.MapFS{"go.mod": &fstest.MapFile{}}, starter.Machine{})
	if err != nil {
		t.Fatal(err)
	}
	written := start.File("")
	settings := regexp.MustCompile(`(?m)^# (\[containers\.agent\]|[a-z_]+ = )`).ReplaceAllString(written, "$1")
	s := compile(t)
	for _, file := range []string{
		"",
		content(t, "../config/testdata/build-system.toml"),
		content(t, "../../example/ctenv.toml"),
		written,
		settings,
		"[defaults]\nsudo = true\n[containers.a]\ndefault = true\n[containers.\"b.c\"]\n",
		"[containers.a]\ntty = \"auto\"\npull = \"${env.PULL|default:missing}\"\ncommand = [\"a\"]\n",
		"[containers.a]\nbuild = { dockerfile_content = \"FROM x\" }\n",
		"[containers.a]\ndir_mount = \"/x\"\ngosu_path = 5\n",
		"[containers.a.ulimits]\nnofile = \"1:2\"\ncore = -1\ncpu = { soft = 5, hard = \"unlimited\" }\n",
		"trust = \"off\"\n",
		"trust = [\"~/work\"]\n[limits]\nnetwork = \"none\"\nrun_args = [\"--read-only\"]\nforbid = [\"path\"]\nruntime = \"podman\"\n",
		"safe_directories = [\"/builds\", \"~/team\", \"*\"]\n",
	} {
		if err := s.Validate(asJSON(t, file)); err != nil {
			t.Errorf("%s%v", file, err)
		}
		if err := decode(file, true); err != nil {
			t.Errorf("the decoder refuses\n%s%v", file, err)
		}
	}
}

// TestSchemaRefuses: what the schema refuses, the decoder refuses too, else an
// editor would mark what works.
func TestSchemaRefuses(t *testing.T) {
	s := compile(t)
	const in = "[containers.a]\n"
	for _, file := range []string{
		"image = \"x\"\n",
		"[container.a]\n",
		"[containers]\nimage = \"x\"\n",
		"[containers.\"\"]\n",
		"[defaults]\ndefault = true\n",
		"trust = \"on\"\n",
		"[limits]\nnetwork = \"host\"\n",
		"[limits]\nforbid = [\"paths\"]\n",
		"[limits]\nforbid = \"path\"\n",
		"safe_directories = \"/builds\"\n",
		in + "imgae = \"x\"\n",
		in + "build = { dockerfle = \"x\" }\n",
		in + "image = \"x\"\nbuild = {}\n",
		in + "build = { dockerfile = \"x\", dockerfile_content = \"FROM x\" }\n",
		in + "pull = \"often\"\n",
		in + "tty = \"yes\"\n",
		in + "command = []\n",
		in + "command = \"\"\n",
		in + "groups = [-1]\n",
		in + "groups = [1.5]\n",
		in + "ulimits = { nofiles = 1 }\n",
		in + "ulimits = { nofile = -2 }\n",
		in + "ulimits = { nofile = \"many\" }\n",
		in + "ulimits = { nofile = { soft = 1 } }\n",
		in + "labels = { a = [] }\n",
		in + "env = [1]\n",
	} {
		if s.Validate(asJSON(t, file)) == nil {
			t.Errorf("the schema accepts\n%s", file)
		}
		if err := decode(file, true); err == nil {
			t.Errorf("the decoder accepts\n%s", file)
		}
	}
}

// TestSchemaKeys gives each key each kind of value: schema and decoder agree on
// which it takes, and both take its example.
func TestSchemaKeys(t *testing.T) {
	s := compile(t)
	values := []string{`true`, `5`, `1.5`, `"auto"`, `"x"`, `[]`, `["x"]`, `[1]`, `[true]`, `{}`, `{ a = "b" }`, `{ nofile = 1 }`, `{ target = "x" }`, `[{}]`}
	var visit func(prefix string, keys []config.Key)
	visit = func(prefix string, keys []config.Key) {
		for _, k := range keys {
			visit(prefix+k.Name+".", k.Keys)
			if k.Kind == config.KindIgnored {
				continue
			}
			if k.Like == "" {
				t.Errorf("%s%s has no example", prefix, k.Name)
				continue
			}
			for _, name := range append([]string{k.Name}, k.Old...) {
				for i, value := range append([]string{k.Like}, values...) {
					file := "[containers]\nbase = {}\nauto = {}\nx = {}\n[containers.a]\n" + prefix + name + " = " + value + "\n"
					schema := s.Validate(asJSON(t, file))
					decoder := decode(file, false)
					if (schema == nil) != (decoder == nil) {
						t.Errorf("%sschema: %v\ndecoder: %v", file, schema, decoder)
					}
					if i == 0 && schema != nil {
						t.Errorf("its example is refused: %v", schema)
					}
				}
			}
		}
	}
	visit("", config.Keys())
}

func TestReferenceIsAFile(t *testing.T) {
	_, rest, _ := strings.Cut(Reference(), "```toml\n")
	file, _, _ := strings.Cut(rest, "```\n")
	if err := compile(t).Validate(asJSON(t, file)); err != nil {
		t.Error(err)
	}
	if err := decode(file, false); err != nil {
		t.Error(err)
	}
}
