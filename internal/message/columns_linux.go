package message

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// columns are those of the terminal that out is, 0 where it is none.
func columns(out io.Writer) int {
	f, ok := out.(*os.File)
	if !ok {
		return 0
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}
