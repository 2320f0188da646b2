package handover

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ctenv/internal/wire"
)

// A ctenv that was stopped by Ctrl-Z between giving the descriptors and reading that they are
// used finds its time over when it goes on, and the answer there.
func TestLateAnswer(t *testing.T) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	h := &Handover{Ask: NewWord(), targets: []byte{1}, theirs: []int{int(null.Fd())}}
	answered := make(chan error, 1)
	go func() {
		answered <- func() error {
			conn, err := net.DialUnix("unix", nil, l.Addr().(*net.UnixAddr))
			if err != nil {
				return err
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, h.Ask); err != nil {
				return err
			}
			if _, err := conn.Read(make([]byte, 1)); err != nil {
				return err
			}
			time.Sleep(Grace + Grace/5)
			_, err = conn.Write([]byte{wire.StreamsTaken})
			return err
		}()
	}()
	conn, err := l.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if asked := h.giveTo(conn); !asked || !h.used {
		t.Errorf("asked %v, used %v", asked, h.used)
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
}
