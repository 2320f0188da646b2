//go:build linux

package e2e

import (
	"debug/buildinfo"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestPackages makes the packages of two versions, and installs, upgrades and removes
// them: the deb in a container of Debian, the rpm below a directory.
func TestPackages(t *testing.T) {
	e := dockerEngine(t)
	const older, newer = "1.0.0-rc.1", "1.0.0"
	dist := filepath.Join(scratch, "packages")
	for _, version := range []string{older, newer} {
		// The ctenv-inits are there, and other tests read them.
		build := exec.Command("make", "-s", "-C", "..", "release", "INIT_ARCHS=", "TARGETS=linux/"+runtime.GOARCH,
			"VERSION="+version, "DIST="+filepath.Join(dist, version))
		build.Env = append(os.Environ(), "GOFLAGS=-tags=mine") // for other programs
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("make release: %v\n%s", err, out)
		}
	}
	found := func(version, pattern string) string {
		files, err := filepath.Glob(filepath.Join(dist, version, pattern))
		if err != nil || len(files) != 1 {
			t.Fatalf("%s: %q, %v", pattern, files, err)
		}
		return files[0]
	}
	t.Run("checksums", func(t *testing.T) {
		sums := exec.Command("sha256sum", "--check", "--strict", "SHA256SUMS")
		sums.Dir = filepath.Join(dist, newer)
		out, err := sums.CombinedOutput()
		if err != nil || strings.Count(string(out), ": OK") != 4 {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("bill of materials", func(t *testing.T) {
		checkBill(t, found(newer, "*.cdx.json"), found(newer, "built/*/ctenv"))
	})
	t.Run("install", func(t *testing.T) {
		// Behind sudo there is no go, and what is installed is for everybody, whatever root's umask is.
		noGo := t.TempDir()
		if err := os.WriteFile(filepath.Join(noGo, "go"), []byte("#!/bin/sh\nexit 9\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, env := range [][]string{{"SUDO_USER="}, {"SUDO_USER=alice", "PATH=" + noGo + ":" + os.Getenv("PATH")}} {
			dir := t.TempDir()
			install := exec.Command("sh", "-c", "umask 077; exec make -s -C .. install INIT_ARCHS= DESTDIR="+dir+" PREFIX=/opt")
			install.Env = append(os.Environ(), env...)
			if out, err := install.CombinedOutput(); err != nil {
				t.Fatalf("%q make install: %v\n%s", env, err, out)
			}
			for name, mode := range map[string]os.FileMode{"bin/ctenv": 0o755, "libexec/ctenv/ctenv-init": 0o755,
				"share/man/man1/ctenv.1": 0o644, "share/zsh/site-functions/_ctenv": 0o644, "share/man/man1": os.ModeDir | 0o755} {
				if info, err := os.Stat(filepath.Join(dir, "opt", name)); err != nil || info.Mode() != mode {
					t.Errorf("%q %s: %v, %v", env, name, info, err)
				}
			}
		}
	})
	t.Run("deb", func(t *testing.T) {
		in := func(version string) string { return strings.Replace(found(version, "*.deb"), dist, "/dist", 1) }
		out, err := e.run("run", "--rm", "--network=none", "--volume="+dist+":/dist:ro", "--env=OLD="+in(older), "--env=NEW="+in(newer),
			"ctenv-test/debian", "bash", "-euxc", debScript)
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("rpm", func(t *testing.T) {
		if _, err := exec.LookPath("rpm"); err != nil {
			t.Fatalf("%v: run scripts/ensure-packages.sh rpm", err)
		}
		run := exec.Command("bash", "-euxc", rpmScript)
		run.Env = append(os.Environ(), "ROOT="+t.TempDir(), "OLD="+found(older, "*.rpm"), "NEW="+found(newer, "*.rpm"))
		if out, err := run.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// checkBill compares a bill of materials with what `go version -m` says of the program.
func checkBill(t *testing.T, file, program string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var bill struct {
		Components []struct{ Name, Version, PURL string }
	}
	if err := json.Unmarshal(data, &bill); err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, c := range bill.Components {
		has[c.Name+" "+c.Version] = true
		if c.PURL != "" && !strings.HasPrefix(c.PURL, "pkg:golang/"+c.Name+"@") {
			t.Errorf("%s is %q", c.Name, c.PURL)
		}
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range info.Settings {
		if s.Key == "-tags" {
			t.Errorf("built with %s=%s", s.Key, s.Value)
		}
	}
	wanted := []string{"std " + strings.TrimPrefix(info.GoVersion, "go"), "ctenv-init-linux-amd64 1.0.0", "ctenv-shell-linux-arm64 1.0.0"}
	for _, m := range info.Deps {
		wanted = append(wanted, m.Path+" "+m.Version)
	}
	for _, name := range wanted {
		if !has[name] {
			t.Errorf("the bill has no %s", name)
		}
	}
}

// debScript runs in a container, as root.
const debScript = `exec 2>&1
has() { [ "$(stat -c '%U:%G %a' "$1")" = "$2" ]; }
gone() { for path; do [ ! -e "$path" ] || exit 1; done; }
dpkg --install "$OLD"
[ -z "$(dpkg --verify ctenv)" ]
has /usr/bin/ctenv "root:root 755"
has /usr/libexec/ctenv/ctenv-init "root:root 755"
has /etc/ctenv.toml "root:root 644"
[ "$(ctenv version)" = "ctenv 1.0.0-rc.1" ]
dpkg --listfiles ctenv | grep -x /usr/share/man/man1/ctenv-run.1.gz
dpkg --listfiles ctenv | grep -x /usr/share/bash-completion/completions/ctenv
ctenv version --json | grep '"commit": "[0-9a-f]\{40\}"'
ctenv version --json | grep "\"$(sha256sum </usr/libexec/ctenv/ctenv-init | cut -c 1-64)\""
# It is the ctenv-init that is used. There is no engine here, so doctor fails.
ctenv doctor --no-run >/tmp/doctor || [ $? = 1 ]
grep '^ok    ctenv-init  /usr/libexec/ctenv/ctenv-init, which only root can change$' /tmp/doctor
# The example is read, and changes nothing.
mkdir /tmp/project && cd /tmp/project
ctenv config path | grep -x /etc/ctenv.toml
[ "$(ctenv config show | grep -c /etc/ctenv.toml)" = 0 ]
# What the administrator writes stays, through an upgrade and a removal.
printf '[limits]\nnetwork = "none"\n' >>/etc/ctenv.toml
dpkg --install "$NEW" </dev/null
[ "$(ctenv version)" = "ctenv 1.0.0" ]
ctenv run --dry-run -- true | grep -e --network=none
dpkg --remove ctenv
gone /usr/bin/ctenv /usr/libexec/ctenv
grep network /etc/ctenv.toml
dpkg --purge ctenv
gone /etc/ctenv.toml
`

// rpmScript installs below $ROOT, which is all that it writes to.
const rpmScript = `exec 2>&1
rpm --checksig --nosignature "$OLD" "$NEW"
rpm --query --package --requires "$NEW"
rpm --query --package --configfiles "$NEW" | grep -x /etc/ctenv.toml
rpm --query --package --dump "$NEW" | grep -E '^/usr/libexec/ctenv/ctenv-init .* 0100755 root root '
gone() { for path; do [ ! -e "$path" ] || exit 1; done; }
rpm="rpm --root $ROOT --dbpath /var/lib/rpm"
$rpm --initdb
$rpm --nodeps --install "$OLD"
[ -z "$($rpm --verify --nodeps ctenv)" ]
printf '[limits]\nnetwork = "none"\n' >>"$ROOT/etc/ctenv.toml"
$rpm --nodeps --upgrade "$NEW"
[ "$("$ROOT/usr/bin/ctenv" version)" = "ctenv 1.0.0" ]
grep network "$ROOT/etc/ctenv.toml"
$rpm --erase ctenv
gone "$ROOT/usr/bin/ctenv" "$ROOT/usr/libexec/ctenv/ctenv-init"
grep network "$ROOT/etc/ctenv.toml.rpmsave"
`
