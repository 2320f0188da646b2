//go:build linux

package setup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// sudo lets the user become root by sudo, installing it where it is missing.
func (in *Init) sudo() (string, error) {
	if !in.req.Sudo {
		return "", nil
	}
	user := in.req.User.UID
	if user != 0 {
		if err := sudoPossible(); err != nil {
			return "", err
		}
	}
	search := rootPath(in.env.Get("PATH"))
	did := "sudo is there"
	if _, err := lookPath("sudo", search); err != nil {
		manager, err := in.installSudo()
		if err != nil {
			return "", err
		}
		did = "installed by " + manager
	}
	program, err := lookPath("sudo", search)
	if err != nil {
		return "", fmt.Errorf("sudo is installed, but %w", err)
	}
	if user != 0 {
		if err := isSetuidRoot(program); err != nil {
			return "", err
		}
	}
	file, err := allowSudo(in.root, user)
	if err != nil {
		return "", err
	}
	return did + ", rule in " + file, nil
}

// sudoPossible checks what no installation mends. The capabilities that sudo needs
// are there: the steps before this one took them to act as the user.
func sudoPossible() error {
	if on, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err == nil && on == 1 {
		return hinted(errors.New("the container runs with no-new-privileges, under which sudo cannot work"),
			"remove no-new-privileges from the security options, or set sudo = false")
	}
	return nil
}

// isSetuidRoot checks that the kernel will run sudo as root: with a remapped
// engine and --userns=host, the image's files belong to another uid.
func isSetuidRoot(program string) error {
	var st unix.Stat_t
	if err := unix.Stat(program, &st); err != nil {
		return err
	}
	if st.Uid != 0 || st.Mode&unix.S_ISUID == 0 {
		return fmt.Errorf("%q belongs to uid %d with mode %04o, so it cannot become root", program, st.Uid, st.Mode&0o7777)
	}
	return nil
}

// packageManager is how sudo is installed.
type packageManager struct {
	name    string
	install []string
	refresh []string // of the package lists, where the installation needs it first
}

var packageManagers = []packageManager{
	{"apt-get", []string{"apt-get", "-qq", "-y", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", "install", "sudo"},
		[]string{"apt-get", "-qq", "update"}},
	{"dnf", []string{"dnf", "-q", "-y", "--setopt=install_weak_deps=False", "install", "sudo"}, nil},
	{"microdnf", []string{"microdnf", "-y", "install", "sudo"}, nil},
	{"yum", []string{"yum", "-q", "-y", "install", "sudo"}, nil},
	{"apk", []string{"apk", "-q", "--no-cache", "add", "sudo"}, nil},
	{"zypper", []string{"zypper", "--quiet", "--non-interactive", "install", "--no-recommends", "sudo"}, nil},
	{"pacman", []string{"pacman", "--quiet", "--noconfirm", "--needed", "-S", "sudo"}, []string{"pacman", "--quiet", "-Sy"}},
}

// installSudo installs sudo with the first package manager that the image has,
// and returns its name.
func (in *Init) installSudo() (string, error) {
	search := rootPath("")
	for _, m := range packageManagers {
		program, err := lookPath(m.name, search)
		if err != nil {
			continue
		}
		in.msg.Say("installing sudo with %s", m.name)
		output, err := m.installWith(program, packageEnviron(in.env))
		if err == nil || isStopped(err) {
			return m.name, err
		}
		err = fmt.Errorf("installing it with %s: %w", m.name, err)
		if !hasNetwork() {
			// The manager says the same, in a page.
			in.msg.Detail("%s said:\n%s", m.name, bytes.TrimSpace(output))
			return "", hinted(fmt.Errorf("%w: the container has no network", err),
				"give the container a network, or use an image that has sudo")
		}
		in.msg.Out.Write(output)
		return "", hinted(err, "check the container's network and its package sources, or use an image that has sudo")
	}
	return "", hinted(errors.New("it is not in the image, and no known package manager either"),
		"use an image that has sudo, or set sudo = false")
}

// installWith runs the manager and returns what it said of the attempt that counts.
func (m packageManager) installWith(program string, env []string) ([]byte, error) {
	output, err := runPackager(program, m.install, env)
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
	output, err = runPackager(program, m.install, env)
	return append(refreshed, output...), err
}

func isStopped(err error) bool {
	_, stopped := errors.AsType[*SignalError](err)
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
func packageEnviron(env Environ) []string {
	out := []string{
		"HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/sh", "PATH=" + defaultPath,
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
	runErr := runKillable(cmd)
	output, err := io.ReadAll(io.NewSectionReader(log, 0, 1<<30))
	if err != nil {
		return nil, err
	}
	return output, runErr
}

// Where sudoers(5) is; the second where the distribution's own part of /etc lives
// below /usr.
var sudoersFiles = []string{"/etc/sudoers", "/usr/etc/sudoers"}

// No dot: sudo ignores files with one in their name.
const sudoersRule = "/etc/sudoers.d/ctenv"

// allowSudo writes the rule that lets uid become anyone without a password, and
// returns the file. The uid and not the name: names of directory services hold
// characters that sudoers reads as something else.
func allowSudo(r *rootfs, uid int) (string, error) {
	rule := fmt.Sprintf("#%d ALL=(ALL:ALL) NOPASSWD: ALL\n", uid)
	for _, name := range sudoersFiles {
		f, err := r.read(name)
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil {
			return "", err
		}
		defer f.close()
		if !f.exists {
			continue
		}
		if includesFolder(string(f.data), path.Dir(sudoersRule)) {
			err := writeRule(r, sudoersRule, []byte(rule))
			// sudo takes no offence at a folder that is missing.
			if !errors.Is(err, unix.ENOENT) {
				return sudoersRule, err
			}
		}
		text := editSudoers(f.data, strings.TrimSuffix(rule, "\n"))
		if len(text) == len(f.data) {
			return name, nil
		}
		return name, r.write(f, text, 0o440)
	}
	return "", fmt.Errorf("neither %q nor %q is there", sudoersFiles[0], sudoersFiles[1])
}

// editSudoers returns a sudoers file with rule as its last line, unless it is a line
// of it already. A line that ends in a backslash goes on in the next one
// (sudoers(5)), so an empty one comes between.
func editSudoers(data []byte, rule string) []byte {
	goesOn := false
	for _, line := range entries(data) {
		if line == rule && !goesOn {
			return data
		}
		goesOn = strings.HasSuffix(line, `\`)
	}
	if goesOn {
		data = insertLine(data, len(data), "")
	}
	return insertLine(data, len(data), rule)
}

// writeRule writes a file that sudo accepts: root's, mode 0440.
func writeRule(r *rootfs, name string, rule []byte) error {
	f, err := r.read(name)
	if err != nil {
		return err
	}
	defer f.close()
	if f.exists && string(f.data) == string(rule) && isRule(f.stat) {
		return nil
	}
	f.exists = false // what is there is replaced, with its owner and mode
	if err := r.write(f, rule, 0o440); err != nil {
		return err
	}
	if !isRule(f.stat) {
		return fmt.Errorf("%q is %d:%d with mode %04o, which sudo refuses", name, f.stat.Uid, f.stat.Gid, f.stat.Mode&0o7777)
	}
	return nil
}

func isRule(st unix.Stat_t) bool { return st.Uid == 0 && st.Gid == 0 && st.Mode&0o7777 == 0o440 }

// includesFolder says that a sudoers file includes all files of a folder, as
// "@includedir" or, before sudo 1.9.1, "#includedir".
func includesFolder(sudoers, folder string) bool {
	for line := range strings.Lines(sudoers) {
		f := strings.Fields(line)
		if len(f) == 2 && (f[0] == "@includedir" || f[0] == "#includedir") && strings.Trim(f[1], `"`) == folder {
			return true
		}
	}
	return false
}
