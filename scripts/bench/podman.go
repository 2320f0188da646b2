package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// What scripts/ensure-rootless.sh sets up.
const (
	podmanUser  = "ctenv-test"
	podmanState = "/var/lib/ctenv-test/podman"
	podmanRun   = "/run/ctenv-test/podman"
)

// measurePodman compares runs of an ordinary user on rootless podman: with a service
// that is there, as podman.socket has one, and with one that ctenv starts itself.
func measurePodman(o options) (results []result, err error) {
	err = withPodman(o, func(p podman, there string) error {
		results, err = o.onPodman(p, there)
		return err
	})
	return results, err
}

func (o options) onPodman(p podman, there string) (results []result, err error) {
	served := p.place(there)
	against := served.engine("run", "--rm", "--init", "--userns=keep-id", "-v", served.dir+":/repo", "-w", "/repo", o.image, "true")
	for _, c := range []struct {
		what, env string
		bar       float64
	}{
		{"a service that is there", there, 1.05},
		{"a service of its own", "CONTAINER_HOST=", 1.15},
	} {
		m, err := spreads(o.pairs, p.place(c.env).ctenv("run", "--image", o.image, "--", "true"), against)
		if err != nil {
			return nil, err
		}
		results = append(results, result{
			what: "rootless podman, " + c.what + ": `ctenv run -- true`, `podman run --rm --init --userns=keep-id -v … -w … true`",
			ours: m[0].ms(), against: m[1].ms(), ratio: times(m[0].over(m[1])), bar: "≤ " + times(c.bar), met: m[0].over(m[1]) <= c.bar,
		})
	}
	for _, measure := range []func(place) ([]result, error){o.execOn, o.pipeOn} {
		more, err := measure(served)
		if err != nil {
			return nil, err
		}
		results = append(results, more...)
	}
	return results, nil
}

// withPodman has podman's service running meanwhile; a ctenv with the variable there finds it.
func withPodman(o options, measure func(p podman, there string) error) (err error) {
	p, err := newPodman(o)
	if err != nil {
		return fmt.Errorf("%w; run scripts/bench.sh, which sets podman up", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(p.dir)) }()
	// Where podman.socket has it: of one elsewhere, ctenv has to ask whose it is, and
	// podman takes half a second to answer that.
	runtime := filepath.Join(p.dir, "run")
	socket := filepath.Join(runtime, "podman", "podman.sock")
	for _, dir := range []string{runtime, filepath.Dir(socket)} {
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Chown(dir, int(p.uid), int(p.gid))); err != nil {
			return err
		}
	}
	service := p.command(nil, "podman", "system", "service", "--time=0", "unix://"+socket)
	// Ctrl-C leaves it alone: what is there then is removed by it.
	service.SysProcAttr.Setpgid = true
	if err := service.Start(); err != nil {
		return err
	}
	defer func() {
		_ = service.Process.Kill()
		_ = service.Wait()
	}()
	for range 100 {
		if _, err := os.Stat(socket); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	return measure(p, "XDG_RUNTIME_DIR="+runtime)
}

// podman runs commands as the user who has it.
type podman struct {
	dir      string // the user's
	uid, gid uint32
}

// newPodman copies ctenv to where that user can reach it.
func newPodman(o options) (podman, error) {
	u, err := user.Lookup(podmanUser)
	if err != nil {
		return podman{}, err
	}
	uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
	p := podman{uid: uint32(uid), gid: uint32(gid)}
	if err := errors.Join(uidErr, gidErr); err != nil {
		return p, err
	}
	if p.dir, err = os.MkdirTemp("", "ctenv-bench-podman-"); err != nil {
		return p, err
	}
	data, err := os.ReadFile(o.ctenv)
	if err != nil {
		return p, err
	}
	return p, errors.Join(
		os.WriteFile(filepath.Join(p.dir, "ctenv"), data, 0o755),
		os.Mkdir(filepath.Join(p.dir, "project"), 0o755),
		os.Chown(filepath.Join(p.dir, "project"), int(uid), int(gid)),
		os.Chown(p.dir, int(uid), int(gid)),
	)
}

func (p podman) command(env []string, args ...string) *exec.Cmd {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = p.dir
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir, "USER=" + podmanUser, "XDG_RUNTIME_DIR=" + podmanRun,
		"CONTAINERS_STORAGE_CONF=" + podmanState + "/storage.conf", "CONTAINERS_CONF=" + podmanState + "/containers.conf",
	}, env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: p.uid, Gid: p.gid}}
	return cmd
}
