package host

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/look"
)

// maxLinks is how many symlinks the kernel follows in one path (path_resolution(7)).
const maxLinks = 40

// escape finds the symlink that leads a mount point out of the mount it lies in,
// seen from the container: there an absolute symlink means a place in the image,
// but for one into a mount that is where it is on the host.
// Below what is missing it looks for no more: there is no link.
func escape(p look.Point, readlink func(path string) (string, error)) (look.Link, bool) {
	at := p.Root  // the directory that was come to
	missing := "" // the first on the way there that does not exist
	var link look.Link
	todo := strings.Split(p.Rel, "/")
	for links := 0; len(todo) > 0; {
		name := todo[0]
		todo = todo[1:]
		switch name {
		case "", ".":
			continue
		case "..": // of a link
			if at == p.Root {
				return link, true
			}
			if at == missing {
				missing = ""
			}
			at = path.Dir(at)
			continue
		}
		here := path.Join(at, name)
		if missing != "" {
			at = here
			continue
		}
		target, err := readlink(here)
		if err != nil {
			at = here // no link, or nothing there
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
				missing = here
			}
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
			at, target = p.Root, below
		}
		todo = append(strings.Split(target, "/"), todo...)
	}
	return look.Link{}, false
}
