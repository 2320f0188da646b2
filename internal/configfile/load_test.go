package configfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"ctenv/internal/config"
	"ctenv/internal/testfiles"
)

func TestLoadFinds(t *testing.T) {
	tests := []struct {
		name       string
		files      map[string]string
		links      map[string]string // name → target, below the test's directory
		cwd        string
		home       string
		projectDir string
		config     []string
		wantDir    string // "-" for no project
		wantFiles  []string
	}{
		{
			name:  "in the current directory",
			files: map[string]string{"p/.ctenv.toml": ""},
			cwd:   "p", wantDir: "p", wantFiles: []string{"p/.ctenv.toml"},
		},
		{
			name:  "upward, by either name",
			files: map[string]string{"p/ctenv.toml": "", "p/a/b/": ""},
			cwd:   "p/a/b", wantDir: "p", wantFiles: []string{"p/ctenv.toml"},
		},
		{
			name:  "the nearest",
			files: map[string]string{"p/ctenv.toml": "", "p/a/.ctenv.toml": "", "p/a/b/": ""},
			cwd:   "p/a/b", wantDir: "p/a", wantFiles: []string{"p/a/.ctenv.toml"},
		},
		{
			name:  "none",
			files: map[string]string{"p/a/": ""},
			cwd:   "p/a", wantDir: "p/a",
		},
		{
			name:  "project over user",
			files: map[string]string{"home/.ctenv.toml": "", "home/p/.ctenv.toml": ""},
			cwd:   "home/p", home: "home", wantDir: "home/p", wantFiles: []string{"home/p/.ctenv.toml", "home/.ctenv.toml"},
		},
		{
			name:  "never the home directory's",
			files: map[string]string{"ctenv.toml": "", "home/.ctenv.toml": "", "home/ctenv.toml": "", "home/p/": ""},
			cwd:   "home/p", home: "home", wantDir: "home/p", wantFiles: []string{"home/.ctenv.toml"},
		},
		{
			name:  "home is no project",
			files: map[string]string{"home/ctenv.toml": ""},
			cwd:   "home", home: "home", wantDir: "-",
		},
		{
			name:  "home through a link",
			files: map[string]string{"data/me/ctenv.toml": "", "data/me/p/": ""},
			links: map[string]string{"home": "data/me"},
			cwd:   "data/me/p", home: "home", wantDir: "data/me/p",
		},
		{
			name:  "home is no project through a link either",
			files: map[string]string{"data/me/": ""},
			links: map[string]string{"home": "data/me"},
			cwd:   "data/me", home: "home", wantDir: "-",
		},
		{
			name: "the root is no project",
			cwd:  "/", wantDir: "-",
		},
		{
			name: "the root when asked for",
			cwd:  "/", projectDir: "/", wantDir: "/",
		},
		{
			name:  "home when asked for, its .ctenv.toml read once",
			files: map[string]string{"home/.ctenv.toml": "", "home/ctenv.toml": ""},
			cwd:   "home", home: "home", projectDir: ".", wantDir: "home", wantFiles: []string{"home/ctenv.toml", "home/.ctenv.toml"},
		},
		{
			name:  "-p looks into one directory only",
			files: map[string]string{"p/.ctenv.toml": "", "p/a/": ""},
			cwd:   "p", projectDir: "a", wantDir: "p/a",
		},
		{
			name:  "-p below ~",
			files: map[string]string{"home/p/.ctenv.toml": ""},
			cwd:   "/", home: "home", projectDir: "~/p", wantDir: "home/p", wantFiles: []string{"home/p/.ctenv.toml"},
		},
		{
			name:  "--config in the place of the project's file",
			files: map[string]string{"p/.ctenv.toml": "", "x/a.toml": "", "home/b.toml": "", "home/.ctenv.toml": ""},
			cwd:   "p", home: "home", config: []string{"../x/a.toml", "~/b.toml"},
			wantDir: "p", wantFiles: []string{"x/a.toml", "home/b.toml", "home/.ctenv.toml"},
		},
		{
			name:  "two files do not matter where neither is read",
			files: map[string]string{"p/.ctenv.toml": "", "p/ctenv.toml": "", "a.toml": ""},
			cwd:   "p", config: []string{"../a.toml"}, wantDir: "p", wantFiles: []string{"a.toml"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			testfiles.Put(t, root, tt.files)
			for name, target := range tt.links {
				if err := os.Symlink(filepath.Join(root, target), filepath.Join(root, name)); err != nil {
					t.Fatal(err)
				}
			}
			below := func(path string) string {
				if path == "" || filepath.IsAbs(path) {
					return path
				}
				return filepath.Join(root, path)
			}
			c, err := Load(Options{Cwd: below(tt.cwd), Home: below(tt.home), ProjectDir: tt.projectDir, Files: tt.config})
			if err != nil {
				t.Fatal(err)
			}
			want := below(tt.wantDir)
			if tt.wantDir == "-" {
				want = ""
			}
			if c.ProjectDir != want {
				t.Errorf("ProjectDir = %q, want %q", c.ProjectDir, want)
			}
			var wantFiles []string
			for _, f := range tt.wantFiles {
				wantFiles = append(wantFiles, below(f))
			}
			if tt.wantDir == "/" {
				// The machine's own: whatever lies there.
				for _, name := range projectNames {
					if _, err := os.Stat("/" + name); err == nil {
						wantFiles = append(wantFiles, "/"+name)
					}
				}
			}
			if !reflect.DeepEqual(c.Files, wantFiles) {
				t.Errorf("Files = %q, want %q", c.Files, wantFiles)
			}
		})
	}
}

func TestLoadErrors(t *testing.T) {
	tests := []struct {
		name string
		make func(t *testing.T, root string)
		opts Options
		want string // ROOT stands for the test's directory
	}{
		{
			name: "both names in one directory",
			make: func(t *testing.T, root string) {
				testfiles.Put(t, root, map[string]string{"p/.ctenv.toml": "", "p/ctenv.toml": ""})
			},
			want: `"ROOT/p" holds both .ctenv.toml and ctenv.toml; keep one of them`,
		},
		{
			name: "-p names nothing",
			opts: Options{ProjectDir: "nowhere"},
			want: `project directory "ROOT/p/nowhere" does not exist`,
		},
		{
			name: "-p names a file",
			make: func(t *testing.T, root string) { testfiles.Put(t, root, map[string]string{"p/f": ""}) },
			opts: Options{ProjectDir: "f"},
			want: `project directory "ROOT/p/f" is a file; name its directory`,
		},
		{
			name: "-p goes through a file",
			make: func(t *testing.T, root string) { testfiles.Put(t, root, map[string]string{"p/f": ""}) },
			opts: Options{ProjectDir: "f/g"},
			want: `project directory "ROOT/p/f/g": not a directory`,
		},
		{
			name: "--config names nothing",
			opts: Options{Files: []string{"nowhere.toml"}},
			want: `configuration file "ROOT/p/nowhere.toml" does not exist`,
		},
		{
			name: "a directory",
			make: func(t *testing.T, root string) { testfiles.Put(t, root, map[string]string{"p/ctenv.toml/": ""}) },
			want: `configuration file "ROOT/p/ctenv.toml" is a directory`,
		},
		{
			name: "a dangling link",
			make: func(t *testing.T, root string) {
				if err := os.Symlink("nowhere", filepath.Join(root, "p/.ctenv.toml")); err != nil {
					t.Fatal(err)
				}
			},
			want: `configuration file "ROOT/p/.ctenv.toml" does not exist`,
		},
		{
			name: "a link to itself",
			make: func(t *testing.T, root string) {
				if err := os.Symlink(".ctenv.toml", filepath.Join(root, "p/.ctenv.toml")); err != nil {
					t.Fatal(err)
				}
			},
			want: `reading "ROOT/p/.ctenv.toml": too many levels of symbolic links`,
		},
		{
			name: "a pipe",
			make: func(t *testing.T, root string) {
				if err := syscall.Mkfifo(filepath.Join(root, "p/.ctenv.toml"), 0o600); err != nil {
					t.Fatal(err)
				}
			},
			want: `configuration file "ROOT/p/.ctenv.toml" is a named pipe`,
		},
		{
			name: "a device, and one asked for by name that never ends",
			opts: Options{Files: []string{"/dev/zero"}},
			want: `reading "/dev/zero": it is longer than 1048576 bytes`,
		},
		{
			name: "too large",
			make: func(t *testing.T, root string) {
				testfiles.Put(t, root, map[string]string{"p/.ctenv.toml": strings.Repeat("#", maxSize+1)})
			},
			want: `reading "ROOT/p/.ctenv.toml": it is longer than 1048576 bytes`,
		},
		{
			name: "a mistake in the user's file",
			make: func(t *testing.T, root string) {
				testfiles.Put(t, root, map[string]string{"home/.ctenv.toml": "x = 1\n"})
			},
			want: `ROOT/home/.ctenv.toml:1:1: unknown key "x" at the top level`,
		},
		{
			name: "an unknown value of trust",
			make: func(t *testing.T, root string) {
				testfiles.Put(t, root, map[string]string{"home/.ctenv.toml": "trust = \"of\"\n"})
			},
			want: `ROOT/home/.ctenv.toml:1:9: trust must be "off" or an array of directories, not "of"`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			testfiles.Put(t, root, map[string]string{"p/": "", "home/": ""})
			if tt.make != nil {
				tt.make(t, root)
			}
			tt.opts.Cwd, tt.opts.Home = filepath.Join(root, "p"), filepath.Join(root, "home")
			_, err := Load(tt.opts)
			if want := strings.ReplaceAll(tt.want, "ROOT", root); err == nil || err.Error() != want {
				t.Errorf("\n got %v\nwant %s", err, want)
			}
		})
	}
}

// Only "it is not there" is an answer; what keeps the file from being looked at is an
// error, or a run would go on without the project's configuration.
func TestExists(t *testing.T) {
	dir := t.TempDir()
	testfiles.Put(t, dir, map[string]string{"file": ""})
	if err := os.Symlink("loop", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct {
		there bool
		err   error
	}{
		"file":                              {true, nil},
		"loop":                              {true, nil}, // read, and told then
		"missing":                           {false, nil},
		"no/such":                           {false, nil},
		"file/x":                            {false, syscall.ENOTDIR},
		"loop/x":                            {false, syscall.ELOOP},
		strings.Repeat("x", 300):            {false, syscall.ENAMETOOLONG},
		strings.Repeat("x/", 2048) + "file": {false, syscall.ENAMETOOLONG},
	} {
		there, err := exists(filepath.Join(dir, path))
		if there != want.there || want.err == nil && err != nil {
			t.Errorf("%.40s: %v, %v", path, there, err)
		}
		if want.err != nil && (err == nil || !strings.Contains(err.Error(), want.err.Error())) {
			t.Errorf("%.40s: %v, want %v", path, err, want.err)
		}
	}
	deep := dir
	for len(deep) < 4200 {
		deep += "/" + strings.Repeat("x", 200)
	}
	for _, o := range []Options{{Cwd: deep}, {Cwd: ""}, {Cwd: "p"}, {Cwd: dir, Home: deep}} {
		if c, err := Load(o); err == nil {
			t.Errorf("%.40q, home %.40q: %+v", o.Cwd, o.Home, c)
		}
	}
	if _, err := Load(Options{Cwd: dir, Home: filepath.Join(dir, "file")}); err != nil {
		t.Errorf("a home that is a file: %v", err)
	}
}

// Permissions do not stop root, so this takes a file that nobody can read from
// its start.
func TestReadFileUnreadable(t *testing.T) {
	_, err := readFile("/proc/self/mem", true)
	if err == nil || !errors.Is(err, syscall.EIO) || !strings.HasPrefix(err.Error(), `reading "/proc/self/mem": `) {
		t.Errorf("error = %v", err)
	}
}

// A file of exactly the cap is read, and one that was named may be a pipe.
func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	full := strings.Repeat("#", maxSize)
	testfiles.Put(t, dir, map[string]string{"full.toml": full})
	if data, err := readFile(filepath.Join(dir, "full.toml"), false); err != nil || string(data) != full {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() { _ = os.WriteFile(pipe, []byte("[defaults]\n"), 0) }()
	if data, err := readFile(pipe, true); err != nil || string(data) != "[defaults]\n" {
		t.Errorf("%q, %v", data, err)
	}
}

func TestTrust(t *testing.T) {
	dir := t.TempDir()
	testfiles.Put(t, dir, map[string]string{"home/.ctenv.toml": "trust = \"off\"\n", "etc.toml": "trust = [\"~/work\", \"/srv\"]", "p/": ""})
	o := Options{Cwd: filepath.Join(dir, "p"), Home: filepath.Join(dir, "home"), System: filepath.Join(dir, "etc.toml")}
	c, err := Load(o)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Trust.Off || len(c.Trust.Dirs) != 2 || c.Trust.Dirs[0].V != filepath.Join(dir, "home/work") || c.Trust.Dirs[1].V != "/srv" {
		t.Errorf("Trust = %+v", c.Trust)
	}
	testfiles.Put(t, dir, map[string]string{"etc.toml": "trust = [\"work\"]"})
	if _, err := Load(o); err == nil || !strings.Contains(err.Error(), `"work" is not an absolute path`) {
		t.Error(err)
	}
}

// One's own file under another name, or alone, is not read, and that is said.
func TestUnread(t *testing.T) {
	dir := t.TempDir()
	testfiles.Put(t, dir, map[string]string{
		"beside/ctenv.toml":        "",
		"beside/.ctenv.local.toml": "",
		"named/ctenv.toml":         "",
		"named/ctenv.local.toml":   "",
		"alone/.ctenv.local.toml":  "",
	})
	for project, want := range map[string]string{
		"beside": "[]",
		"named":  fmt.Sprintf("[%q is not read]", filepath.Join(dir, "named/ctenv.local.toml")),
		"alone":  fmt.Sprintf("[%q is not read]", filepath.Join(dir, "alone/.ctenv.local.toml")),
	} {
		c, err := Load(Options{Cwd: filepath.Join(dir, project)})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(c.Warnings); got != want {
			t.Errorf("%s: got %s, want %s", project, got, want)
		}
	}
	named, err := Load(Options{Cwd: filepath.Join(dir, "named"), Files: []string{filepath.Join(dir, "named/ctenv.toml")}})
	if err != nil || len(named.Warnings) > 0 {
		t.Errorf("with --config: %v, %v", named.Warnings, err)
	}
}

// What the files say together: defaults of all of them, one's own file over the
// project's, and whose each value is.
func TestLayers(t *testing.T) {
	dir := t.TempDir()
	testfiles.Put(t, dir, map[string]string{
		"etc.toml":            "[defaults]\nenv = [\"A=etc\"]\nlabels = { a = \"etc\", b = \"etc\" }\nsudo = true\n[containers.x]\nworkdir = \"/etc\"\n",
		"home/.ctenv.toml":    "[defaults]\nenv = [\"A=home\"]\nnetwork = \"none\"\nrun_args = [\"--read-only\"]\n[containers.x]\nhostname = \"home\"\n[containers.mine]\n",
		"p/.ctenv.toml":       "[defaults]\nenv = [\"A=p\"]\nlabels = { a = \"p\" }\n[containers.x]\nstdin = false\ndefault = true\n[containers.y]\n",
		"p/.ctenv.local.toml": "[defaults]\nenv = [\"A=local\"]\n[containers.x]\nshell = \"bash\"\ndefault = false\n[containers.mine]\ndefault = true\n",
	})
	c, err := Load(Options{Cwd: filepath.Join(dir, "p"), Home: filepath.Join(dir, "home"), System: filepath.Join(dir, "etc.toml")})
	if err != nil {
		t.Fatal(err)
	}
	x, err := c.Resolve("x", config.Container{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range x.Rows() {
		if r.Pos.Source != nil {
			rel, _ := filepath.Rel(dir, r.Pos.Source.Name)
			got = append(got, fmt.Sprintf("%s = %s @%s %t", r.Key, r.Value, rel, r.Pos.Foreign()))
		}
	}
	want := []string{
		`default = false @p/.ctenv.local.toml true`,
		`env = "A=etc" @etc.toml false`,
		`env = "A=home" @home/.ctenv.toml false`,
		`env = "A=p" @p/.ctenv.toml true`,
		`env = "A=local" @p/.ctenv.local.toml true`,
		`sudo = true @etc.toml false`,
		`stdin = false @p/.ctenv.toml true`,
		`shell = "bash" @p/.ctenv.local.toml true`,
		`network = "none" @home/.ctenv.toml false`,
		`labels.a = "p" @p/.ctenv.toml true`,
		`labels.b = "etc" @etc.toml false`,
		`run_args = "--read-only" @home/.ctenv.toml false`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if name, err := c.DefaultName(config.Container{}); name != "mine" || err != nil {
		t.Errorf("the default container is %q, %v", name, err)
	}
	c, err = Load(Options{Cwd: filepath.Join(dir, "p"), Files: []string{"../p/.ctenv.toml"}})
	if err != nil {
		t.Fatal(err)
	}
	if x, err = c.Resolve("x", config.Container{}); err != nil || x.Stdin.Pos.Foreign() || x.Shell.V != "auto" {
		t.Errorf("--config: %+v, %v", x.Stdin, err)
	}
}

func TestLimits(t *testing.T) {
	for _, tt := range []struct{ user, system, want, err string }{
		{"network = \"none\"", "network = \"bridge\"", `[limits.network = "none"]`, ""},
		{"network = \"bridge\"", "network = \"none\"", `[limits.network = "none"]`, ""},
		{"", "network = \"bridge\"", `[limits.network = "bridge"]`, ""},
		{"forbid = [\"path\"]\nrun_args = [\"--memory=1g\"]", "forbid = [\"option\"]\nrun_args = [\"--read-only\"]\nruntime = \"podman\"",
			`[limits.runtime = "podman" limits.run_args = "--memory=1g" limits.run_args = "--read-only" limits.forbid = "path" limits.forbid = "option"]`, ""},
		{"runtime = \"docker\"", "runtime = \"podman\"", "", `the limit runtime is "docker" here and "podman" at`},
		{"forbid = [\"paths\"]", "", "", `forbid must be "path", "device"`},
		{"network = \"host\"", "", "", `network must be "none" or "bridge", not "host"`},
		{"network = \"${env.X}\"", "", "", "takes no template"},
		{"netwrk = \"none\"", "", "", `unknown key "netwrk" in [limits]`},
	} {
		dir := t.TempDir()
		testfiles.Put(t, dir, map[string]string{"home/.ctenv.toml": "[limits]\n" + tt.user, "etc.toml": "[limits]\n" + tt.system, "p/": ""})
		c, err := Load(Options{Cwd: filepath.Join(dir, "p"), Home: filepath.Join(dir, "home"), System: filepath.Join(dir, "etc.toml")})
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: %v", tt.user, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		x, err := c.Resolve("", config.Container{})
		var rows []string
		for _, r := range x.Limits.Rows() {
			rows = append(rows, r.Key+" = "+r.Value)
		}
		if got := fmt.Sprint(rows); got != tt.want || err != nil {
			t.Errorf("%s + %s: %s, %v", tt.user, tt.system, got, err)
		}
	}
}

// The user's own file says whom to believe before any other is believed.
func TestSafeDirectories(t *testing.T) {
	dir := t.TempDir()
	home := filepath.Join(dir, "home")
	testfiles.Put(t, dir, map[string]string{"home/.ctenv.toml": "safe_directories = [\"~/team\", \"/builds/\", \"*\"]\n", "p/.ctenv.toml": ""})
	var asked []string
	load := func(refused string) (*config.Config, error) {
		asked = nil
		return Load(Options{Cwd: filepath.Join(dir, "p"), Home: home, Refuse: func(file string, safe []string) error {
			asked = append(asked, filepath.Base(filepath.Dir(file))+":"+strings.Join(safe, ","))
			if strings.HasPrefix(file, filepath.Join(dir, refused)) {
				return errors.New("another's")
			}
			return nil
		}})
	}
	c, err := load("none")
	if want := []string{"home:", "p:" + home + "/team,/builds,*"}; err != nil || !reflect.DeepEqual(asked, want) || len(c.Safe) != 3 {
		t.Errorf("%v, asked %q, want %q", err, asked, want)
	}
	for _, refused := range []string{"home", "p"} {
		if _, err := load(refused); err == nil || err.Error() != "another's" {
			t.Errorf("%s: %v", refused, err)
		}
	}
	testfiles.Put(t, dir, map[string]string{"home/.ctenv.toml": "safe_directories = [\"builds\"]\n"})
	if _, err := load("none"); err == nil || !strings.Contains(err.Error(), `:1:21: safe_directories: "builds" is not an absolute path`) {
		t.Error(err)
	}
}

// The place of a value is the file's full path, and relative paths belong to its
// directory.
func TestSource(t *testing.T) {
	dir := t.TempDir()
	testfiles.Put(t, dir, map[string]string{"p/ctenv.toml": "[containers.x]\nvolumes = [\"./a\"]\n"})
	c, err := Load(Options{Cwd: filepath.Join(dir, "p")})
	if err != nil {
		t.Fatal(err)
	}
	x, err := c.Resolve("x", config.Container{})
	if err != nil {
		t.Fatal(err)
	}
	pos := x.Volumes[0].Pos
	if pos.Source.Dir != filepath.Join(dir, "p") || pos.String() != filepath.Join(dir, "p/ctenv.toml")+":2:12" {
		t.Errorf("Dir = %q, Pos = %s", pos.Source.Dir, pos)
	}
}
