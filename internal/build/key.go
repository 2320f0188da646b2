package build

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"ctenv/internal/plan"
)

// key tells what an inline build makes its image of: two builds with one key make
// the same. bases and ids are the images that the Dockerfile starts from and what
// the engine has under their names, "" for nothing.
func key(b plan.ImageBuild, bases, ids []string) string {
	h := sha256.New()
	// Quoted, so that no two lists of texts look alike.
	fmt.Fprintf(h, "1 %q %q %q\n", b.Content, b.Target, b.Platform)
	for _, a := range b.Args {
		fmt.Fprintf(h, "arg %q %q\n", a.Name, a.Value)
	}
	for i, base := range bases {
		fmt.Fprintf(h, "base %q %q\n", base, ids[i])
	}
	return hex.EncodeToString(h.Sum(nil))
}
