//go:build linux

package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// sshdConfig keeps to one directory, and to loopback. The key is in nobody's home, so any
// account would do: newer servers believe it first, and hang up then.
const sshdConfig = `
ListenAddress %[2]s
HostKey %[1]s/host
AuthorizedKeysFile %[1]s/key.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
AllowUsers %[3]s
`

const sshConfig = `
Host 127.0.0.1
	IdentityFile %[1]s/key
	IdentitiesOnly yes
	UserKnownHostsFile %[1]s/known
	BatchMode yes
`

// cmdSSHD: sshd starts an ssh server on loopback, as the ordinary user and for
// that user alone. $SSH is its address, like 127.0.0.1:2222, and the ssh that goes
// first on PATH knows the keys.
func cmdSSHD(ts *testscript.TestScript, args []string) {
	dir := ts.MkAbs("ssh")
	bin := filepath.Join(dir, "bin")
	ts.Check(os.MkdirAll(bin, 0o755))
	for _, key := range []string{"host", "key"} {
		ts.Check(ts.Exec("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, key)))
	}
	address := freeAddress(ts)
	host, port, err := net.SplitHostPort(address)
	ts.Check(err)
	public, err := os.ReadFile(filepath.Join(dir, "host.pub"))
	ts.Check(err)
	for name, text := range map[string]string{
		"sshd_config": fmt.Sprintf(sshdConfig, dir, address, ordinary.name),
		"ssh_config":  fmt.Sprintf(sshConfig, dir),
		"known":       fmt.Sprintf("[%s]:%s %s", host, port, public),
	} {
		ts.Check(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	// ssh takes its own settings from the account's home, not from $HOME.
	wrapper := fmt.Sprintf("#!/bin/sh\nexec /usr/bin/ssh -F '%s/ssh_config' \"$@\"\n", dir)
	ts.Check(os.WriteFile(filepath.Join(bin, "ssh"), []byte(wrapper), 0o755))
	ts.Check(giveAway(dir, ordinary))

	group, err := engineGroup()
	ts.Check(err)
	log, err := os.Create(filepath.Join(dir, "log"))
	ts.Check(err)
	defer log.Close()
	cmd := exec.Command("/usr/sbin/sshd", "-D", "-e", "-f", filepath.Join(dir, "sshd_config"))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: &syscall.Credential{Uid: uint32(ordinary.uid), Gid: uint32(ordinary.gid), Groups: []uint32{uint32(ordinary.gid), group}},
	}
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	waitForListener(ts, address, log.Name())
	ts.Setenv("SSH", address)
	ts.Setenv("PATH", bin+":"+ts.Getenv("PATH"))
}
