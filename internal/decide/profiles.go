package decide

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"ctenv/internal/config"
	"ctenv/internal/look"
	"ctenv/internal/mistake"
	"ctenv/internal/plan"
	"ctenv/internal/volume"
)

func (d *decision) buildProfiles(p *plan.Plan, seen look.Seen) error {
	profiles := d.Profiles()
	for _, file := range slices.Sorted(maps.Keys(profiles)) {
		s := config.String{V: file, Pos: profiles[file]}
		if err := d.hostFile(volume.Spec{At: s, Key: "run_args", Host: file}, seen.Paths[file], ""); err != nil {
			return err
		}
		data, read, err := d.content(s, "run_args", file, seen)
		if err != nil {
			return err
		}
		if !read {
			continue
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, data); err != nil {
			return mistake.At(s, "run_args", "the seccomp profile %q is no JSON: %v", file, err)
		}
		if p.Profiles == nil {
			p.Profiles = map[string]string{}
		}
		p.Profiles[file] = compact.String()
	}
	return nil
}
