package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

// write makes files below dir, and their folders; a name that ends in a slash is
// a folder.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLoadFinds(t *testing.T) {
	tests := []struct {
		name       string
		files      map[string]string
		links      map[string]string // name → target, below the test's folder
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
			name:  "-p looks into one folder only",
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
			write(t, root, tt.files)
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
			c, err := Load(LoadOptions{Cwd: below(tt.cwd), Home: below(tt.home), ProjectDir: tt.projectDir, Files: tt.config})
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
		opts LoadOptions
		want string // ROOT stands for the test's folder
	}{
		{
			name: "both names in one folder",
			make: func(t *testing.T, root string) {
				write(t, root, map[string]string{"p/.ctenv.toml": "", "p/ctenv.toml": ""})
			},
			want: `"ROOT/p" holds both .ctenv.toml and ctenv.toml; keep one of them`,
		},
		{
			name: "-p names nothing",
			opts: LoadOptions{ProjectDir: "nowhere"},
			want: `project directory "ROOT/p/nowhere" does not exist`,
		},
		{
			name: "-p names a file",
			make: func(t *testing.T, root string) { write(t, root, map[string]string{"p/f": ""}) },
			opts: LoadOptions{ProjectDir: "f"},
			want: `project directory "ROOT/p/f" is a file; name its folder`,
		},
		{
			name: "-p goes through a file",
			make: func(t *testing.T, root string) { write(t, root, map[string]string{"p/f": ""}) },
			opts: LoadOptions{ProjectDir: "f/g"},
			want: `project directory "ROOT/p/f/g": not a directory`,
		},
		{
			name: "--config names nothing",
			opts: LoadOptions{Files: []string{"nowhere.toml"}},
			want: `configuration file "ROOT/p/nowhere.toml" does not exist`,
		},
		{
			name: "a folder",
			make: func(t *testing.T, root string) { write(t, root, map[string]string{"p/ctenv.toml/": ""}) },
			want: `configuration file "ROOT/p/ctenv.toml" is a folder`,
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
			want: `configuration file "ROOT/p/.ctenv.toml" is no regular file`,
		},
		{
			name: "too large",
			make: func(t *testing.T, root string) {
				write(t, root, map[string]string{"p/.ctenv.toml": strings.Repeat("#", maxSize+1)})
			},
			want: `configuration file "ROOT/p/.ctenv.toml" is larger than 1 MiB`,
		},
		{
			name: "a mistake in the user's file",
			make: func(t *testing.T, root string) { write(t, root, map[string]string{"home/.ctenv.toml": "x = 1\n"}) },
			want: `ROOT/home/.ctenv.toml:1:1: unknown key "x" at the top level`,
		},
		{
			name: "an unknown value of trust",
			make: func(t *testing.T, root string) {
				write(t, root, map[string]string{"home/.ctenv.toml": "trust = \"of\"\n"})
			},
			want: `ROOT/home/.ctenv.toml:1:9: trust must be "off", not "of"`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			write(t, root, map[string]string{"p/": "", "home/": ""})
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
	write(t, dir, map[string]string{"full.toml": full})
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
	write(t, dir, map[string]string{"home/.ctenv.toml": "trust = \"off\"\n", "p/": ""})
	c, err := Load(LoadOptions{Cwd: filepath.Join(dir, "p"), Home: filepath.Join(dir, "home")})
	if err != nil {
		t.Fatal(err)
	}
	if c.Trust.V != "off" || c.Trust.Pos.Line != 1 {
		t.Errorf("Trust = %+v", c.Trust)
	}
}
