//go:build !linux

package mountpoint

import "os"

// openRoot cannot tell a symlink that has just come.
func openRoot(dir string) (*os.Root, error) { return os.OpenRoot(dir) }
