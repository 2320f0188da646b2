package initbin

import (
	"fmt"
	"io/fs"
	"os"

	"ctenv/internal/host"
)

// own makes sure that nobody else can replace what is in a directory: it, and a symlink
// to it, belongs to the caller or to root, and nobody else may write to it. Who made
// the directory first, where XDG_CACHE_HOME is /tmp, could otherwise put another program
// in ctenv-init's place after it was compared.
func own(dir string, uid int) error {
	for _, look := range []func(string) (fs.FileInfo, error){os.Lstat, os.Stat} {
		info, err := look(dir)
		if err != nil {
			return err
		}
		if of := host.Owner(info); of != uid && of != 0 {
			return fmt.Errorf("%q belongs to another user, uid %d", dir, of)
		}
		if !info.IsDir() || info.Mode()&0o022 == 0 {
			continue
		}
		if err := os.Chmod(dir, info.Mode()&^0o022); err != nil {
			return fmt.Errorf("others may write to %q: %w", dir, err)
		}
	}
	return nil
}
