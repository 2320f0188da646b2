package decide

import (
	"fmt"

	"ctenv/internal/config"
	"ctenv/internal/look"
)

// believed refuses a file that says what is done, when another user could have written
// it. s is where it is named. What was not looked for has no trail.
func (d *decision) believed(s config.String, key, file string, seen look.Seen) error {
	stranger := seen.Trails[file].Judge(d.Host.Mine)
	if stranger == nil {
		return nil
	}
	return &config.Error{Pos: s.Pos, Msg: fmt.Sprintf("%s: %s", key, stranger.Error(file)), Hint: stranger.Hint(file), Found: true}
}
