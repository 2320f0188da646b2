package decide_test

import (
	"strings"
	"testing"

	"ctenv/internal/config"
	"ctenv/internal/decide"
	"ctenv/internal/expand"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

func text(s string) config.String { return config.String{V: s, Set: true} }

// derivation is how the image of a container is derived, with what change does to it.
func derivation(t *testing.T, change func(*config.Container)) *plan.Derivation {
	t.Helper()
	c := config.Container{Image: text("debian")}.WithBuiltins()
	change(&c)
	d, err := expand.Run(c, look.Host{User: wire.User{Name: "me", Group: "me", Home: "/home/me"}, Cwd: "/p", ProjectDir: "/p"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := decide.Plan(d, look.Seen{Paths: map[string]look.Path{"/p": {Exists: true, Dir: true, Real: "/p"}}}, look.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Derive
}

// What is in an image's key, and what is not.
func TestDerivationKey(t *testing.T) {
	packages := func(c *config.Container) {
		c.Packages = config.Packages{{Value: text("make")}, {Key: "apt", Value: text("git")}}
		c.ImageCommands = []config.String{text("one"), text("two")}
	}
	first := derivation(t, packages)
	const base = "sha256:1"
	foreign := config.Pos{Source: &config.Source{Project: true}, Line: 1}
	for _, tc := range []struct {
		name   string
		change func(*config.Container)
		same   bool
	}{
		{"the order of packages, and one that is there twice", func(c *config.Container) {
			c.Packages = config.Packages{{Key: "apt", Value: text("git")}, {Value: text("make")}, {Value: text("make")}}
		}, true},
		{"the name of the image", func(c *config.Container) { c.Image = text("debian:bookworm") }, true},
		{"variables", func(c *config.Container) { c.Env = []config.String{text("A=b"), text("http_proxy=http://p")} }, true},
		{"the caller's commands", func(c *config.Container) { c.SetupCommands = []config.String{text("true")} }, true},
		{"a network", func(c *config.Container) { c.Network = text("none") }, true},
		{"a project's variables", func(c *config.Container) { c.Env = []config.String{{V: "A=b", Pos: foreign, Set: true}} }, true},
		// Who can choose what is fetched must not choose it for other projects.
		{"a project's proxy", func(c *config.Container) {
			c.Env = []config.String{{V: "http_proxy=http://p", Pos: foreign, Set: true}}
		}, false},
		{"another package", func(c *config.Container) { c.Packages = append(c.Packages, config.Entry{Value: text("gcc")}) }, false},
		{"the order of commands", func(c *config.Container) { c.ImageCommands = []config.String{text("two"), text("one")} }, false},
		{"the platform", func(c *config.Container) { c.Platform = text("linux/arm64") }, false},
		{"the shell", func(c *config.Container) { c.Shell = text("sh") }, false},
		{"sudo", func(c *config.Container) { c.Sudo = config.Value[bool]{V: true, Set: true} }, false},
	} {
		d := derivation(t, func(c *config.Container) { packages(c); tc.change(c) })
		if same := d.Name(base) == first.Name(base); same != tc.same {
			t.Errorf("%s: the same image is %v", tc.name, same)
		}
	}
	if first.Name(base) == first.Name("sha256:2") || !strings.HasPrefix(first.Name(base), plan.DerivedRepository+":") {
		t.Errorf("the name is %s", first.Name(base))
	}
}

func TestNoDerivation(t *testing.T) {
	sudo := config.Value[bool]{V: true, Set: true}
	for name, change := range map[string]func(*config.Container){
		"nothing is wanted": func(*config.Container) {},
		// It could not work, and says so.
		"sudo without new privileges": func(c *config.Container) {
			c.Sudo, c.RunArgs = sudo, []config.String{text("--security-opt=no-new-privileges")}
		},
	} {
		if d := derivation(t, change); d != nil {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// TestForDerivation: an image is made on a machine that lacks what the container needs, and
// is the same one as where nothing is missing.
func TestForDerivation(t *testing.T) {
	host := look.Host{User: wire.User{Name: "me", Group: "me", Home: "/home/me"}, Cwd: "/p", ProjectDir: "/p", InitPlaces: []look.InitPlace{{Path: "/init", Real: "/init"}}}
	draft := func(c config.Container) *expand.Draft {
		c.Image, c.Sudo = text("debian"), config.Value[bool]{V: true, Set: true}
		c.Packages = config.Packages{{Value: text("git")}}
		c.Env = []config.String{text("https_proxy=http://p")}
		d, err := expand.Run(c.WithBuiltins(), host, nil)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	seen := look.Seen{Paths: map[string]look.Path{"/p": {Exists: true, Dir: true, Real: "/p"}}}
	whole, err := decide.Plan(draft(config.Container{}), seen, look.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	d := draft(config.Container{
		Volumes:        []config.String{text("/home/me/.gitconfig:/g:ro")},
		EnvFile:        []config.String{text("/p/missing.env")},
		CACertificates: []config.String{text("/p/missing.pem")},
		RunArgs:        []config.String{text("--mount=type=bind,src=/missing,dst=/m"), text("--security-opt=seccomp=/p/missing.json")},
	})
	if _, err := decide.Plan(d, seen, look.Facts{}); err == nil {
		t.Fatal("a container can be made")
	}
	p, err := decide.Plan(decide.ForDerivation(d, seen), seen, look.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Derive.Name("x"), whole.Derive.Name("x"); got != want || len(p.Derive.Proxies) != 1 {
		t.Errorf("got %s with the proxies %q, want %s", got, p.Derive.Proxies, want)
	}
}
