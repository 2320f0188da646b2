//go:build linux

package setup

import "golang.org/x/sys/unix"

// sizeTerminal gives the terminal the size of the caller's, where it has none
// yet: an engine that takes the size only after the start would leave the first
// output to guess.
func (in *Init) sizeTerminal() {
	if in.req.Rows == 0 || in.req.Cols == 0 {
		return
	}
	if now, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ); err != nil || now.Row != 0 || now.Col != 0 {
		return
	}
	size := unix.Winsize{Row: in.req.Rows, Col: in.req.Cols}
	if err := unix.IoctlSetWinsize(0, unix.TIOCSWINSZ, &size); err != nil {
		in.msg.Detail("the terminal keeps no size: %v", err)
	}
}
