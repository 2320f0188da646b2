package conn

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	clicontext "github.com/docker/cli/cli/context"
	"github.com/docker/cli/cli/context/docker"
	"github.com/docker/cli/cli/context/store"
)

// contextDir is a directory of docker's settings with the contexts "far" and
// "secured", the latter with an authority that is none, and the current one
// current.
func contextDir(t *testing.T, current string) string {
	t.Helper()
	dir := t.TempDir()
	contexts := store.New(filepath.Join(dir, "contexts"), store.NewConfig(nil))
	for name, host := range map[string]string{"far": "tcp://far:2375", "secured": "tcp://secured:2376", "cluster": ""} {
		endpoints := map[string]any{docker.DockerEndpoint: docker.EndpointMeta{Host: host}}
		if host == "" {
			endpoints = map[string]any{"kubernetes": nil}
		}
		if err := contexts.CreateOrUpdate(store.Metadata{Name: name, Endpoints: endpoints}); err != nil {
			t.Fatal(err)
		}
	}
	data := clicontext.TLSData{CA: []byte("no certificate")}
	if err := contexts.ResetEndpointTLSMaterial("secured", docker.DockerEndpoint, data.ToStoreTLSData()); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "config.json"), `{"currentContext": "`+current+`"}`)
	return dir
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDockerEndpoint(t *testing.T) {
	const local = "unix:///var/run/docker.sock"
	for name, c := range map[string]struct {
		current string
		env     map[string]string
		address string
		named   string
		err     string
		hint    string
	}{
		"nothing": {address: local},
		"the current context": {
			current: "far",
			address: "tcp://far:2375", named: `docker context "far"`,
		},
		"DOCKER_CONTEXT over the current one": {
			current: "secured", env: map[string]string{"DOCKER_CONTEXT": "far"},
			address: "tcp://far:2375", named: `docker context "far"`,
		},
		"DOCKER_CONTEXT back to the default": {
			current: "far", env: map[string]string{"DOCKER_CONTEXT": "default"},
			address: local,
		},
		"DOCKER_HOST over both": {
			current: "far", env: map[string]string{"DOCKER_CONTEXT": "secured", "DOCKER_HOST": "unix:///x.sock"},
			address: "unix:///x.sock", named: "DOCKER_HOST",
		},
		"a port is filled in": {
			env:     map[string]string{"DOCKER_HOST": "tcp://host"},
			address: "tcp://host:2375", named: "DOCKER_HOST",
		},
		"ssh": {
			env:     map[string]string{"DOCKER_HOST": "ssh://me@host:2222"},
			address: "ssh://me@host:2222", named: "DOCKER_HOST",
		},
		"a password in an address": {
			env: map[string]string{"DOCKER_HOST": "ssh://me:secret@host"},
			err: `the engine's address "ssh://me:xxxxx@host"`, hint: "DOCKER_HOST",
		},
		"no address": {
			env: map[string]string{"DOCKER_HOST": "nonsense://x"},
			err: `DOCKER_HOST "nonsense://x" is no address`, hint: "ssh://",
		},
		"an unknown context": {
			env: map[string]string{"DOCKER_CONTEXT": "nope"},
			err: `docker context "nope" does not exist`, hint: "DOCKER_CONTEXT names it",
		},
		"an unknown current context": {
			current: "gone",
			err:     `docker context "gone" does not exist`, hint: `it is the current one in`,
		},
		"a context without an engine": {
			current: "cluster",
			err:     `docker context "cluster" cannot be used: cannot find docker endpoint`, hint: "docker context inspect",
		},
		"a context with broken certificates": {
			current: "secured",
			err:     `the engine's address "tcp://secured:2376" or its certificates cannot be used`, hint: `docker context "secured" names it`,
		},
		"certificates that are missing": {
			env: map[string]string{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/nonexistent", "DOCKER_HOST": "tcp://host"},
			err: "open /nonexistent/ca.pem", hint: "DOCKER_CERT_PATH",
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"DOCKER_CONFIG": contextDir(t, c.current)}
			maps.Copy(env, c.env)
			ep, err := dockerEndpoint(func(name string) string { return env[name] })
			if c.err != "" {
				var got *Error
				if !errors.As(err, &got) || !strings.Contains(got.Error(), c.err) || !strings.Contains(got.Hint, c.hint) {
					t.Fatalf("got %v, want %q with a hint about %q", err, c.err, c.hint)
				}
				if strings.Contains(got.Error(), "secret") {
					t.Errorf("a password is shown: %v", got)
				}
				return
			}
			if err != nil || ep.address != c.address || ep.named != c.named || ep.warning != "" {
				t.Errorf("got %q, named %q, warning %q, %v; want %q, %q", ep.address, ep.named, ep.warning, err, c.address, c.named)
			}
		})
	}
}

// TestDockerEndpointWithoutSettings does as docker: a file that cannot be read is
// a warning, and HOME is where it is looked for.
func TestDockerEndpointWithoutSettings(t *testing.T) {
	home := t.TempDir()
	getenv := func(name string) string { return map[string]string{"HOME": home}[name] }
	ep, err := dockerEndpoint(getenv)
	if err != nil || ep.warning != "" {
		t.Errorf("without a file: %v, %q", err, ep.warning)
	}
	if err := os.Mkdir(filepath.Join(home, ".docker"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(home, ".docker", "config.json"), "{")
	ep, err = dockerEndpoint(getenv)
	if err != nil || !strings.Contains(ep.warning, "config.json") {
		t.Errorf("a broken file: %v, %q, want a warning that names it", err, ep.warning)
	}
}

// TestDockerFilesThatHang: a named pipe in the place of one of docker's files is not waited
// for.
func TestDockerFilesThatHang(t *testing.T) {
	contexts := func(dir string) store.StorageInfo {
		return store.New(filepath.Join(dir, "contexts"), store.NewConfig(nil)).GetStorageInfo("secured")
	}
	for name, c := range map[string]struct {
		file func(dir string) string
		env  map[string]string
		err  string // or the warning
	}{
		"the settings": {func(dir string) string { return filepath.Join(dir, "config.json") }, nil, "docker's settings are ignored: loading config file: open "},
		"a context":    {func(dir string) string { return filepath.Join(contexts(dir).MetadataPath, "meta.json") }, map[string]string{"DOCKER_CONTEXT": "secured"}, `docker context "secured" cannot be used: open `},
		"a context's certificate": {func(dir string) string { return filepath.Join(contexts(dir).TLSPath, "docker", "ca.pem") },
			map[string]string{"DOCKER_CONTEXT": "secured"}, `docker context "secured" cannot be used: open `},
		"the certificate": {func(dir string) string { return filepath.Join(dir, "ca.pem") },
			map[string]string{"DOCKER_TLS": "1", "DOCKER_HOST": "tcp://host"}, "the certificates for the engine cannot be read: open "},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"DOCKER_CONFIG": contextDir(t, "")}
			maps.Copy(env, c.env)
			file := c.file(env["DOCKER_CONFIG"])
			if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			if err := syscall.Mkfifo(file, 0o600); err != nil {
				t.Fatal(err)
			}
			ep, err := dockerEndpoint(func(name string) string { return env[name] })
			got := ep.warning
			if err != nil {
				got = err.Error()
			}
			if want := c.err + file + ": it is a named pipe, no regular file"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestSSHCause(t *testing.T) {
	quoted := errors.New("command [ssh …] has exited with exit status 255, make sure …: stderr=Warning: x\r\nHost key verification failed.\r\n")
	if got := sshCause(quoted).Error(); got != "Host key verification failed." {
		t.Errorf("got %q", got)
	}
	other := errors.New("no ssh")
	if got := sshCause(other); got != other {
		t.Errorf("got %v, want the error as it is", got)
	}
}
