package mountinfo

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Own are the mounts that this process sees, in the order in which they were made. A file
// that is mounted over what the kernel says is an error.
func Own() ([]Mount, error) {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &fs); err != nil {
		return nil, err
	}
	if fs.Type != unix.PROC_SUPER_MAGIC {
		return nil, errors.New("a mount hides /proc/self/mountinfo")
	}
	info, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return Parse(string(info))
}
