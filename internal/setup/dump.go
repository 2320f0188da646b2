//go:build linux

package setup

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"ctenv/internal/shellcall"
)

// dump ends a report on the descriptor named, from a process that a shell started.
func dump(descriptor string, environ []string) error {
	fd, err := strconv.Atoi(descriptor)
	if err != nil {
		return fmt.Errorf("descriptor %q is no number", descriptor)
	}
	// Not os.Getwd, which believes PWD. A folder that is gone has no name.
	cwd, err := unix.Getwd()
	if err != nil {
		cwd = ""
	}
	return shellcall.End(os.NewFile(uintptr(fd), "report"), cwd, environ)
}
