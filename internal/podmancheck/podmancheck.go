// Package podmancheck looks for what rootless podman needs of this machine.
package podmancheck

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"ctenv/internal/regular"
	"ctenv/internal/shellquote"
)

// Check is one thing that rootless podman needs of this machine.
type Check struct {
	Name    string // "subordinate ids"
	Problem string // "" where all is well
	Remedy  string // the command that mends it
	Fatal   bool   // no container of ctenv's can run like this

	// words are what podman says of the problem when a container cannot be made.
	words []string
}

// Explains says whether c is what err, an error of podman's, is about.
func (c Check) Explains(err error) bool {
	return c.Problem != "" && slices.ContainsFunc(c.words, func(words string) bool { return strings.Contains(err.Error(), words) })
}

// minIDs is how many ids an image of a common distribution uses: nobody is 65534.
const minIDs = 65536

// All looks at all that rootless podman needs, in the order in which it
// needs it. directories are those that a container is to see, beside podman's own. It
// reads a few small files and starts nothing.
func All(getenv func(string) string, directories ...string) []Check {
	if data := getenv("CONTAINERS_STORAGE_CONF"); data == "" {
		data = cmp.Or(getenv("XDG_DATA_HOME"), filepath.Join(getenv("HOME"), ".local", "share"))
		directories = append(directories, filepath.Join(data, "containers", "storage"))
	}
	return []Check{
		checkProgram("podman", "podman", "podman"),
		checkProgram("newuidmap", "newuidmap", "uidmap", "newuidmap"),
		checkIDs("/etc", callerName()),
		checkInit(getenv),
		Directories(directories),
	}
}

// Command is podman's own command as ctenv calls it.
func Command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "podman", args...)
	cmd.Env = Local(os.Environ())
	return cmd
}

// Local is an environment in which podman works on this machine: with CONTAINER_HOST, even
// an empty one, or CONTAINER_CONNECTION it would be another podman's client.
func Local(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(kv string) bool { return strings.HasPrefix(kv, "CONTAINER_") })
}

func checkProgram(name, program, pkg string, words ...string) Check {
	c := Check{Name: name, words: words}
	if _, err := exec.LookPath(program); err != nil {
		c.Problem, c.Fatal = program+" is not installed", true
		c.Remedy = install(pkg)
	}
	return c
}

// install is the command that installs a package here.
func install(pkg string) string {
	for _, m := range []struct{ program, words string }{
		{"apt-get", "apt-get install"}, {"dnf", "dnf install"}, {"zypper", "zypper install"},
		{"pacman", "pacman -S"}, {"apk", "apk add"},
	} {
		if _, err := exec.LookPath(m.program); err == nil {
			return "sudo " + m.words + " " + pkg
		}
	}
	return "install the package " + pkg
}

// checkIDs looks for the caller's ranges in subuid(5) and subgid(5). A directory
// service may give them too.
func checkIDs(etc, name string) Check {
	c := Check{Name: "subordinate ids", words: []string{"subuid", "subgid", "insufficient UIDs or GIDs", "doesn't map UID 0"}}
	if fromDirectory(filepath.Join(etc, "nsswitch.conf")) {
		return c
	}
	free := 100000
	var short, missing []string
	for _, file := range []string{filepath.Join(etc, "subuid"), filepath.Join(etc, "subgid")} {
		ids, end := subordinate(file, name)
		free = max(free, end)
		switch {
		case ids == 0:
			missing = append(missing, file)
		case ids < minIDs:
			short = append(short, fmt.Sprintf("%s holds %d ids", file, ids))
		}
	}
	add := fmt.Sprintf("sudo usermod --add-subuids %d-%d --add-subgids %d-%d %s && podman system migrate",
		free, free+minIDs-1, free, free+minIDs-1, name)
	switch {
	case len(missing) > 0:
		c.Problem, c.Fatal = fmt.Sprintf("there is no range of ids for %q in %s", name, strings.Join(missing, " and ")), true
		c.Remedy = add
	case len(short) > 0:
		c.Problem = fmt.Sprintf("%s for %q, fewer than the %d that images use", strings.Join(short, " and "), name, minIDs)
		c.Remedy = add
	}
	return c
}

// callerName is the caller as subuid(5) names it.
func callerName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return strconv.Itoa(os.Getuid())
}

// fromDirectory says whether nsswitch.conf(5) has the ranges come from elsewhere.
func fromDirectory(nsswitch string) bool {
	found := false
	eachLine(nsswitch, func(line string) {
		if sources, ok := strings.CutPrefix(strings.TrimSpace(line), "subid:"); ok {
			found = strings.TrimSpace(sources) != "files"
		}
	})
	return found
}

// subordinate counts the ids that a file gives to a user, by name or by uid, and
// returns the first that is free behind all ranges.
func subordinate(file, name string) (ids, end int) {
	uid := strconv.Itoa(os.Getuid())
	eachLine(file, func(line string) {
		f := strings.Split(line, ":")
		if len(f) != 3 {
			return
		}
		start, err := strconv.Atoi(f[1])
		count, err2 := strconv.Atoi(f[2])
		if err != nil || err2 != nil {
			return
		}
		end = max(end, start+count)
		if f[0] == name || f[0] == uid {
			ids += count
		}
	})
	return ids, end
}

// maxFile caps a file, in bytes: thousands of users have a line each in subuid(5).
const maxFile = 16 << 20

// eachLine does nothing where there is no file to be read.
func eachLine(file string, do func(string)) {
	data, _ := regular.Read(file, maxFile)
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		do(lines.Text())
	}
}

// checkInit looks for catatonit where podman does (containers.conf(5),
// helper_binaries_dir).
func checkInit(getenv func(string) string) Check {
	// Podman 4's words, and podman 5's.
	c := Check{Name: "init", words: []string{"container-init binary", "lookup init binary"}}
	for _, dir := range []string{"/usr/local/libexec/podman", "/usr/local/lib/podman", "/usr/libexec/podman", "/usr/lib/podman", "/usr/bin"} {
		if _, err := os.Stat(filepath.Join(dir, "catatonit")); err == nil {
			return c
		}
	}
	if _, err := exec.LookPath("catatonit"); err != nil {
		c.Problem = "catatonit is not installed, the init of its containers"
		c.Remedy = install("catatonit")
		c.Fatal = !initConfigured(getenv)
	}
	return c
}

// initConfigured says that a containers.conf(5) may have podman's init be elsewhere.
func initConfigured(getenv func(string) string) bool {
	files := []string{"/usr/share/containers/containers.conf", "/etc/containers/containers.conf", getenv("CONTAINERS_CONF"), getenv("CONTAINERS_CONF_OVERRIDE"),
		filepath.Join(cmp.Or(getenv("XDG_CONFIG_HOME"), filepath.Join(getenv("HOME"), ".config")), "containers", "containers.conf")}
	for _, dir := range []string{"/usr/share/containers", "/etc/containers"} {
		more, _ := filepath.Glob(filepath.Join(dir, "containers.conf.d", "*.conf")) // never fails: the pattern is right
		files = append(files, more...)
	}
	configured := false
	for _, file := range files {
		eachLine(file, func(line string) {
			line = strings.TrimSpace(line)
			configured = configured || strings.HasPrefix(line, "init_path") || strings.HasPrefix(line, "helper_binaries_dir")
		})
	}
	return configured
}

// Directories looks for a directory that root of a container cannot enter: closed to
// others, and of an owner or a group that the container does not know. A home of
// mode 0700 is open only as long as it has the caller's primary group.
func Directories(paths []string) Check {
	c := Check{Name: "directories", words: []string{"permission denied", "Permission denied"}}
	for _, p := range paths {
		for dir := filepath.Clean(p); dir != "/" && dir != "."; dir = filepath.Dir(dir) {
			fi, err := os.Stat(dir)
			if err != nil || !fi.IsDir() || fi.Mode()&0o001 != 0 {
				continue
			}
			st := fi.Sys().(*syscall.Stat_t)
			if int(st.Uid) == os.Getuid() && int(st.Gid) == os.Getgid() {
				continue
			}
			c.Problem = fmt.Sprintf("its containers cannot enter %q, which has mode %04o and belongs to %d:%d, not to your own %d:%d",
				dir, fi.Mode()&fs.ModePerm, st.Uid, st.Gid, os.Getuid(), os.Getgid())
			// Not chmod o+x: a directory that is closed to others is so for a reason.
			c.Remedy = fmt.Sprintf("setfacl -m u:%s:x %s", shellquote.Word(callerName()), shellquote.Word(dir))
			if int(st.Uid) == os.Getuid() {
				c.Remedy = fmt.Sprintf("chgrp %d %s", os.Getgid(), shellquote.Word(dir))
			}
			return c
		}
	}
	return c
}
