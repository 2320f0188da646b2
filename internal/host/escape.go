package host

import (
	"os"
	"path"
	"strings"

	"ctenv/internal/look"
)

// maxLinks is how many symlinks the kernel follows in one path (path_resolution(7)).
const maxLinks = 40

// escape finds the symlink that leads a mount point out of the mount it lies in,
// seen from the container: there an absolute symlink means a place in the image,
// but for one into a mount that is where it is on the host.
func escape(p look.Point) (look.Link, bool) {
	var at []string // the directories below the root that were passed
	var link look.Link
	todo := strings.Split(p.Rel, "/")
	for links := 0; len(todo) > 0; {
		name := todo[0]
		todo = todo[1:]
		switch name {
		case "", ".":
			continue
		case "..": // of a link
			if len(at) == 0 {
				return link, true
			}
			at = at[:len(at)-1]
			continue
		}
		here := path.Join(p.Root, path.Join(at...), name)
		target, err := os.Readlink(here)
		if err != nil {
			at = append(at, name) // no link, or nothing there
			continue
		}
		// The one to blame is the last that leads anywhere but down.
		if path.IsAbs(target) || strings.Contains(target, "..") || links == maxLinks {
			link = look.Link{Path: here, Target: target}
		}
		if links++; links > maxLinks {
			return link, true
		}
		if path.IsAbs(target) {
			below, ok := strings.CutPrefix(target+"/", p.Root+"/")
			if !ok || p.Root != p.Target {
				return link, true
			}
			at, target = nil, below
		}
		todo = append(strings.Split(target, "/"), todo...)
	}
	return look.Link{}, false
}
