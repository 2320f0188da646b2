package host

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestUmask(t *testing.T) {
	own := unix.Umask(0o137)
	defer unix.Umask(own)
	if got := umask(); got != 0o137 {
		t.Errorf("umask %04o", got)
	}
	if now := unix.Umask(0o137); now != 0o137 {
		t.Errorf("it is %04o afterwards", now)
	}
}

func TestUmaskLine(t *testing.T) {
	for status, want := range map[string]int{"Name:\tx\nUmask:\t0002\nState:\tR\n": 2, "Umask:\t0777\n": 0o777, "Umask:\t9\n": -1, "Name:\tx\n": -1, "": -1} {
		got, ok := umaskLine(status)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %o, %v", status, got, ok)
		}
	}
}
