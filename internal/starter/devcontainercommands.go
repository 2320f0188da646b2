package starter

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"ctenv/internal/shellquote"
)

// commands takes those that run before one's own. They run in each container, so the
// once of postCreateCommand is a container that stays.
func (t *translation) commands(d devcontainerFile) {
	for _, c := range []struct {
		name string
		raw  json.RawMessage
	}{{"onCreateCommand", d.OnCreateCommand}, {"updateContentCommand", d.UpdateContentCommand},
		{"postCreateCommand", d.PostCreateCommand}, {"postStartCommand", d.PostStartCommand}} {
		var object map[string]json.RawMessage
		raws := []json.RawMessage{c.raw}
		if json.Unmarshal(c.raw, &object) == nil {
			raws = nil
			for _, name := range slices.Sorted(maps.Keys(object)) {
				raws = append(raws, object[name])
			}
		}
		for _, raw := range raws {
			if len(raw) > 0 {
				t.command(c.name, raw)
			}
		}
	}
}

func (t *translation) command(name string, raw json.RawMessage) {
	var text string
	var words []string
	switch {
	case json.Unmarshal(raw, &text) == nil:
	case json.Unmarshal(raw, &words) == nil:
		for i, w := range words {
			words[i] = shellquote.Quote(w)
		}
		text = strings.Join(words, " ")
	default:
		t.miss(name, "it is no command")
		return
	}
	out, why := t.variables(text, true)
	if why != "" {
		t.miss(name, why)
		return
	}
	if out != "" {
		t.setup = append(t.setup, out)
	}
}
