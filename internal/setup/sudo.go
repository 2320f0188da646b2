//go:build linux

package setup

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"ctenv/internal/account"
	"ctenv/internal/packager"
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
	did := "sudo is there"
	if _, err := in.look("sudo"); err != nil {
		if did, err = packager.Install(in.root, []string{"sudo"}, nil, in.env, in.msg); err != nil {
			return "", err
		}
	}
	program, err := in.look("sudo")
	if err != nil {
		return "", fmt.Errorf("sudo is installed, but %w", err)
	}
	if user != 0 {
		if err := isSetuidRoot(program); err != nil {
			return "", err
		}
	}
	file, err := account.AllowSudo(in.root, user)
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
