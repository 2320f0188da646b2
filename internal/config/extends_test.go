package config

import (
	"strings"
	"testing"

	"ctenv/internal/hint"
)

// layered is what a project's file, a local one beside it and the user's say, "" for none.
func layered(t *testing.T, project, local, user string) *Config {
	t.Helper()
	var files []*File
	for _, text := range []struct {
		of, dir, name string
		project       bool
	}{{local, "/home/app", ".ctenv.local.toml", true}, {project, "/home/app", ".ctenv.toml", true}, {user, "/home", UserName, false}} {
		if text.of == "" {
			continue
		}
		f, err := Parse([]byte(text.of), &Source{Name: text.dir + "/" + text.name, Dir: text.dir, Project: text.project}, !text.project)
		if err != nil {
			t.Fatal(err)
		}
		f.Local = strings.Contains(text.name, "local")
		files = append(files, f)
	}
	c := &Config{}
	if err := c.Use(files, "/home"); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestExtends(t *testing.T) {
	for name, tt := range map[string]struct {
		project, local, user string
		want                 string // image, env, labels and network
		borrowed             string
		err, hint            string
	}{
		"lists concatenate, tables merge, scalars override": {
			project: "[defaults]\nenv = ['D=1']\n[containers.base]\nimage = 'b'\nenv = ['B=1']\nlabels = { a = '1', b = '1' }\n[containers.x]\nextends = 'base'\nenv = ['X=1']\nlabels = { b = '2' }\n",
			want:    "b D=1,B=1,X=1 a=1,b=2 -"},
		"several, the later above the earlier": {
			project: "[containers.p]\nimage = 'p'\nnetwork = 'np'\n[containers.q]\nimage = 'q'\n[containers.x]\nextends = ['p', 'q']\n",
			want:    "q   np"},
		"a base of two, once": {
			project: "[containers.base]\nenv = ['B=1']\n[containers.p]\nextends = ['base']\n[containers.q]\nextends = ['base']\n[containers.x]\nimage = 'i'\nextends = ['p', 'q']\n",
			want:    "i B=1  -"},
		"of a lower file": {
			project: "[containers.x]\nextends = 'tools'\nenv = ['X=1']\n", user: "[containers.tools]\nimage = 't'\nenv = ['T=1']\n",
			want: "t T=1,X=1  -", borrowed: "tools"},
		"of the same name, which only a lower file can have": {
			project: "[containers.x]\nextends = 'x'\nenv = ['X=1']\n", user: "[containers.x]\nimage = 'u'\n",
			want: "u X=1  -", borrowed: "x"},
		"the local file's parts count, and its own keys win": {
			project: "[containers.base]\nimage = 'b'\n[containers.x]\nextends = 'base'\n", local: "[containers.base]\nnetwork = 'n'\n[containers.x]\nenv = ['L=1']\n",
			want: "b L=1  n"},
		"unset": {
			project: "[defaults]\nnetwork = 'n'\nenv = ['D=1']\n[containers.base]\nlabels = { a = '1' }\n[containers.x]\nimage = 'i'\nextends = 'base'\nunset = ['network', 'env', 'labels']\nenv = ['X=1']\n",
			want:    "i X=1  -"},
		"unset in [defaults], of a lower file": {
			project: "[defaults]\nunset = 'network'\n[containers.x]\nimage = 'i'\n", user: "[defaults]\nnetwork = 'n'\n",
			want: "i   -"},
		"round": {
			project: "[containers.x]\nextends = 'y'\n[containers.y]\nextends = 'z'\n[containers.z]\nextends = 'x'\n",
			err:     ".ctenv.toml:6:11: extends goes round: x → y → z → x"},
		"itself": {
			project: "[containers.x]\nextends = 'x'\n", err: `:2:11: extends: Unknown container "x" in this file or a lower one`},
		"itself, in the local file": {
			project: "[containers.x]\nimage = 'i'\n", local: "[containers.x]\nextends = 'x'\n",
			err: `:2:11: extends goes round: x → x`, hint: "leave extends out: what the local file says of a container is added to it by itself"},
		"a higher file's": {
			project: "[containers.y]\nimage = 'i'\n", user: "[containers.x]\nextends = 'y'\n",
			err: `extends: Unknown container "y" in this file or a lower one`},
		"a key that has no effect": {
			project: "[containers.x]\nunset = ['gosu_path']\n", err: `:2:10: unset: unknown key "gosu_path"`, hint: "ctenv config schema prints the keys"},
		"no such key": {
			project: "[containers.x]\nunset = ['netwrk']\n", err: `:2:10: unset: unknown key "netwrk"`},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := layered(t, tt.project, tt.local, tt.user).Resolve("x", Container{})
			if tt.err != "" {
				if err == nil || !strings.HasSuffix(err.Error(), tt.err) {
					t.Fatalf("got %v, want %s", err, tt.err)
				}
				if way, _ := hint.Of(err); tt.hint != "" && way != tt.hint {
					t.Errorf("hint %q", way)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var env, labels, borrowed []string
			for _, e := range c.Env {
				env = append(env, e.V)
			}
			for _, e := range c.Labels {
				labels = append(labels, e.Key+"="+e.Value.V)
			}
			for _, b := range c.Borrowed {
				borrowed = append(borrowed, b.V)
			}
			network := "-"
			if c.Network.Set {
				network = c.Network.V
			}
			got := strings.Join([]string{c.Image.V, strings.Join(env, ","), strings.Join(labels, ","), network}, " ")
			if got != tt.want || strings.Join(borrowed, ",") != tt.borrowed || c.Name != "x" {
				t.Errorf("got %q, borrowed %q, name %q, want %q, %q", got, borrowed, c.Name, tt.want, tt.borrowed)
			}
		})
	}
}

// TestExtendsDefault: that the base is the default container says nothing about those
// that extend it.
func TestExtendsDefault(t *testing.T) {
	c := layered(t, "[containers.base]\ndefault = true\nimage = 'b'\n[containers.x]\nextends = 'base'\n", "", "")
	x, err := c.Resolve("x", Container{})
	if err != nil || x.Default.V {
		t.Errorf("got %v, %v", x.Default, err)
	}
}
