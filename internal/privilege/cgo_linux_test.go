//go:build cgo

package privilege

import (
	"fmt"
	"os"
)

// With cgo this program is not static, and cannot change the ids of all threads:
// it could not stand for ctenv-init.
func init() {
	fmt.Fprintln(os.Stderr, "error: run these tests with CGO_ENABLED=0, as make unit does")
	os.Exit(1)
}
