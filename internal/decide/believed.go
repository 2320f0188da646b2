package decide

import (
	"fmt"

	"ctenv/internal/config"
	"ctenv/internal/look"
	"ctenv/internal/mistake"
)

// content is what a file holds that the configuration names, which s does. It was not read
// where it may not be opened yet.
func (d *decision) content(s config.String, key, file string, seen look.Seen) (data []byte, read bool, err error) {
	if err := d.believed(s, key, file, seen); err != nil {
		return nil, false, err
	}
	f, read := seen.Files[file]
	if f.Err != nil {
		return nil, read, mistake.At(s, key, "reading %q: %v", file, f.Err)
	}
	// Each time it is named it is looked through anew.
	if d.taken += len(f.Data); d.taken > look.MaxFiles {
		return nil, read, mistake.At(s, key, "reading %q: together with the files before it, it is longer than %d bytes", file, look.MaxFiles)
	}
	return f.Data, read, nil
}

// believed refuses a file that says what is done, when another user could have written
// it. s is where it is named. What was not looked for has no trail.
func (d *decision) believed(s config.String, key, file string, seen look.Seen) error {
	stranger := seen.Trails[file].Judge(d.Host.Mine)
	if stranger == nil {
		return nil
	}
	return &config.Error{Pos: s.Pos, Msg: fmt.Sprintf("%s: %s", key, stranger.Error(file)), Hint: stranger.Hint(file), Found: true}
}
