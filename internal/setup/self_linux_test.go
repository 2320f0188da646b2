package setup

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/join"
	"ctenv/internal/scratchroot"
	"ctenv/internal/wire"
)

// TestChildPath: a /proc of other processes than this one's has no /proc/self for it.
func TestChildPath(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	if got := childPath("/self"); got != "/proc/self/exe" {
		t.Errorf("it starts %q", got)
	}
	mount := exec.Command("mount", "-t", "proc", "proc", "/proc")
	mount.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID}
	if out, err := mount.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	defer unix.Unmount("/proc", unix.MNT_DETACH)
	if got := childPath("/self"); got != "/self" {
		t.Errorf("with another's /proc it starts %q", got)
	}
}

// TestServeRootOfUser: in a "/" of the user's, ctenv-init's directory could be exchanged, and
// root would start what lies there then.
func TestServeRootOfUser(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	for name, open := range map[string]func(dir string) error{
		"owner": func(dir string) error { return os.Chown(dir, user.UID, user.GID) },
		"owner, 0700": func(dir string) error {
			return errors.Join(os.Chown(dir, user.UID, user.GID), os.Chmod(dir, 0o700))
		},
		"owner, 0750, another's group": func(dir string) error {
			return errors.Join(os.Chown(dir, user.UID, user.GID+1), os.Chmod(dir, 0o750))
		},
		"owner, 0600": func(dir string) error {
			return errors.Join(os.Chown(dir, user.UID, user.GID), os.Chmod(dir, 0o600))
		},
		"mode":       func(dir string) error { return os.Chmod(dir, 0o777) },
		"root's own": nil, // so the test renames as root
	} {
		t.Run(name, func(t *testing.T) {
			req := serveRequest()
			req.Setup = []wire.Text{"true"}
			root := ""
			dial, _, log := serveIn(t, req, func(dir string) {
				if root = dir; open != nil {
					if err := open(dir); err != nil {
						t.Fatal(err)
					}
				}
			})
			setup := dial()
			ask(t, setup, join.Request{Op: join.OpSetup, Streams: []int{2}})
			if end, _ := ending(t, setup); end != (join.End{}) {
				t.Fatalf("set-up ended with %+v, its log is %q", end, scratchroot.Content(t, log))
			}
			exchange := &exec.Cmd{Path: "/bin/sh", Dir: "/", SysProcAttr: &syscall.SysProcAttr{Chroot: root}, Args: []string{"sh", "-c",
				"mv $1 /x && mkdir $1 && printf '#!/bin/sh\n: >/taken' >$2 && chmod 755 $2", "sh", wire.Dir, wire.InitPath}}
			if open != nil {
				exchange.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(user.UID), Gid: uint32(user.GID)}
			}
			if err := exchange.Run(); (err == nil) != (open == nil) {
				t.Errorf("exchanging it: %v", err)
			}
			conn := dial()
			out := ask(t, conn, joinRequest("echo there"))
			if got := readAll(t, out); got != "there\n" {
				t.Errorf("it wrote %q", got)
			}
			if end, _ := ending(t, conn); end != (join.End{}) {
				t.Errorf("it ended with %+v", end)
			}
			if _, err := os.Lstat(root + "/taken"); !os.IsNotExist(err) {
				t.Errorf("root has run another program: %v", err)
			}
		})
	}
}
