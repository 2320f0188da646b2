//go:build linux

// Package packager installs packages with the image's own package manager.
package packager

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"ctenv/internal/child"
	"ctenv/internal/environ"
	"ctenv/internal/hint"
	"ctenv/internal/message"
	"ctenv/internal/program"
	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// packageManager is how packages are installed. Their names follow install.
type packageManager struct {
	name    string
	family  string // the name that a configuration has for it
	install []string
	refresh []string // of the package lists, where the installation needs it first
	caches  []string // directories of what it fetches, which need not stay
}

var packageManagers = []packageManager{
	{"apt-get", "apt", []string{"apt-get", "-qq", "-y", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", "install"},
		// Translations of descriptions are a third of what it would fetch.
		[]string{"apt-get", "-qq", "-o", "Acquire::Languages=none", "update"}, []string{"/var/lib/apt/lists", "/var/cache/apt"}},
	{"dnf", "dnf", []string{"dnf", "-q", "-y", "--setopt=install_weak_deps=False", "install"},
		nil, []string{"/var/cache/dnf", "/var/cache/libdnf5"}},
	{"microdnf", "microdnf", []string{"microdnf", "-y", "install"}, nil, []string{"/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5"}},
	{"yum", "yum", []string{"yum", "-q", "-y", "install"}, nil, []string{"/var/cache/yum", "/var/cache/dnf"}},
	{"apk", "apk", []string{"apk", "-q", "--no-cache", "add"}, nil, nil},
	{"zypper", "zypper", []string{"zypper", "--quiet", "--non-interactive", "install", "--no-recommends"}, nil, []string{"/var/cache/zypp"}},
	{"pacman", "pacman", []string{"pacman", "--quiet", "--noconfirm", "--needed", "-S"},
		[]string{"pacman", "--quiet", "-Sy"}, []string{"/var/cache/pacman/pkg", "/var/lib/pacman/sync"}},
}

// findManager finds the first package manager that the image has.
func findManager(r *saferoot.Root) (m packageManager, file string, ok bool) {
	for _, m := range packageManagers {
		if file, err := program.LookRoot(r, m.name, ""); err == nil {
			return m, file, true
		}
	}
	return m, "", false
}

// named are the packages of a configuration that are for this manager.
func (m packageManager) named(packages []wire.Package) []string {
	var names []string
	for _, p := range packages {
		reads := p.Manager == "dnf" && (m.name == "microdnf" || m.name == "yum")
		if (p.Manager == "" || p.Manager == m.family || reads) && !slices.Contains(names, string(p.Name)) {
			names = append(names, string(p.Name))
		}
	}
	return names
}

// InstallClean is Install, and leaves nothing of what was fetched for it.
func InstallClean(r *saferoot.Root, names []string, packages []wire.Package, env environ.Vars, msg message.Writer) (did string, err error) {
	m, _, _ := findManager(r)
	before := allBelow(m.caches)
	did, err = Install(r, names, packages, env, msg)
	if err == nil {
		removeOthers(m.caches, before)
	}
	return did, err
}

// Install installs names and what of packages is for the package manager that is in r, at
// once, and says what it did. Of env it passes proxies and certificates. An error has the
// way out, or is a *child.SignalError.
func Install(r *saferoot.Root, names []string, packages []wire.Package, env environ.Vars, msg message.Writer) (did string, err error) {
	m, program, ok := findManager(r)
	it, has := "it", "it"
	if len(packages) > 0 {
		it, has = "them", "them"
	}
	if !ok {
		err := errors.New("it is not in the image, and no known package manager either")
		way := "use an image that has sudo, or set sudo = false"
		if len(packages) > 0 {
			err, way = errors.New("the image has no known package manager"), "use an image that has them"
		}
		return "", hint.With(err, way)
	}
	if of := m.named(packages); len(of) > 0 {
		names = append(slices.Clip(names), of...)
	} else if len(packages) > 0 {
		return "", hint.With(fmt.Errorf("the image's package manager is %s, and none are named for it", m.name),
			fmt.Sprintf(`add them: packages = { %s = ["…"] }`, m.family))
	}
	if len(names) == 1 && names[0] == "sudo" {
		has = "sudo"
	}
	all := strings.Join(names, ", ")
	msg.Say("installing %s with %s", all, m.name)
	output, err := m.installWith(program, names, packageEnviron(env))
	if err == nil || isStopped(err) {
		return "installed " + all + " by " + m.name, err
	}
	err = fmt.Errorf("installing %s with %s: %w", it, m.name, err)
	if !hasNetwork() {
		// The manager says the same, in a page.
		msg.Detail("%s said:\n%s", m.name, bytes.TrimSpace(output))
		return "", hint.With(fmt.Errorf("%w: the container has no network", err),
			"give the container a network, or use an image that has "+has)
	}
	msg.Out.Write(output)
	return "", hint.With(err, "check the container's network and its package sources, or use an image that has "+has)
}

// installWith runs the manager and returns what it said of the attempt that counts.
func (m packageManager) installWith(program string, names, env []string) ([]byte, error) {
	install := append(slices.Clip(m.install), names...)
	output, err := runPackager(program, install, env)
	if err == nil || isStopped(err) || m.refresh == nil {
		return output, err
	}
	// The status of a refresh tells little: apt-get calls it a success when it
	// reached nothing, and a failure when one source of many is gone. What it says
	// is the cause all the same.
	refreshed, err := runPackager(program, m.refresh, env)
	if isStopped(err) {
		return refreshed, err
	}
	output, err = runPackager(program, install, env)
	return append(refreshed, output...), err
}

func isStopped(err error) bool {
	_, stopped := errors.AsType[*child.SignalError](err)
	return stopped
}

// hasNetwork says whether there is a way out of the container.
func hasNetwork() bool {
	route, err := os.ReadFile("/proc/net/route")
	if err != nil {
		return true // nobody knows
	}
	route6, _ := os.ReadFile("/proc/net/ipv6_route") // missing where IPv6 is off
	return leadsOut(string(route), string(route6))
}

// leadsOut finds a route over another interface than the loopback one in the
// kernel's two tables. The one of IPv4 starts with a line of titles and names the
// interface first (proc(5)), the one of IPv6 names it last.
func leadsOut(route, route6 string) bool {
	_, route, _ = strings.Cut(route, "\n")
	for line := range strings.Lines(route) {
		if f := strings.Fields(line); len(f) > 0 && f[0] != "lo" {
			return true
		}
	}
	for line := range strings.Lines(route6) {
		if f := strings.Fields(line); len(f) > 0 && f[len(f)-1] != "lo" {
			return true
		}
	}
	return false
}

// packageEnviron is the environment of a package manager: root's own. With the
// user's HOME it would leave root's files there, and a PATH or library path of
// the project would choose the code that runs as root. Proxies and certificates
// are as the post-start commands set them.
func packageEnviron(env environ.Vars) []string {
	out := []string{
		"HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/sh", "PATH=" + environ.DefaultPath,
		"LC_ALL=C", "DEBIAN_FRONTEND=noninteractive",
	}
	passed := []string{"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir", "curl_ca_bundle"}
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		if slices.Contains(passed, strings.ToLower(name)) {
			out = append(out, kv)
		}
	}
	return out
}

// runPackager runs one command line and returns its output.
func runPackager(program string, argv, env []string) ([]byte, error) {
	// A memory file: a daemon that an installation starts would hold a pipe open.
	mem, err := unix.MemfdCreate("ctenv", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making a memory file: %w", err)
	}
	log := os.NewFile(uintptr(mem), "log")
	defer log.Close()
	cmd := &exec.Cmd{
		Path: program, Args: argv, Env: env, Dir: "/", Stdout: log, Stderr: log,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	runErr := child.Run(cmd)
	output, err := io.ReadAll(io.NewSectionReader(log, 0, 1<<30))
	if err != nil {
		return nil, err
	}
	return output, runErr
}

// allBelow are the paths of all that is in directories.
func allBelow(dirs []string) map[string]bool {
	all := map[string]bool{}
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
			if err == nil {
				all[path] = true
			}
			return nil
		})
	}
	return all
}

// removeOthers removes what is in directories and was not before. Nothing of the host is
// mounted where images are derived, and nobody else runs. What stays does no harm.
func removeOthers(dirs []string, before map[string]bool) {
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || before[path] || path == dir {
				return nil
			}
			_ = os.RemoveAll(path)
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		})
	}
}
