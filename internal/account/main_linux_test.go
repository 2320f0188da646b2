package account

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/saferoot"
	"ctenv/internal/scratchroot"
	"ctenv/internal/wire"
)

func TestMain(m *testing.M) { os.Exit(scratchroot.Main(m)) }

var user = wire.User{Name: "bob", UID: 4242, GID: 4343, Group: "staff", Home: "/home/bob"}

// tempRoot is a directory that stands for the container's root and that any user
// can reach.
func tempRoot(t *testing.T) (string, *saferoot.Root) {
	t.Helper()
	dir := scratchroot.TempDir(t)
	r, err := saferoot.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(r.FD) })
	return dir, r
}

func content(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
