package plan

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"ctenv/internal/config"
	"ctenv/internal/mistake"
)

// profiles are the files of seccomp profiles among the options of `docker run`, each with
// its place. They travel as their content, which the docker command reads too.
func (d *Draft) profiles() map[string]config.Pos {
	files := map[string]config.Pos{}
	for i, a := range d.runArgs {
		if file := a.Profile(); file != "" {
			files[file] = d.runArgsAt[i].pos
		}
	}
	return files
}

func (d *Draft) buildProfiles(p *Plan, seen Seen) error {
	profiles := d.profiles()
	for _, file := range slices.Sorted(maps.Keys(profiles)) {
		s := config.String{V: file, Pos: profiles[file]}
		if err := d.hostFile(spec{at: s, key: "run_args", host: file}, seen.Paths[file], ""); err != nil {
			return err
		}
		f, read := seen.Files[file]
		if !read {
			continue // not allowed yet
		}
		if f.Err != nil {
			return mistake.At(s, "run_args", "reading %q: %v", file, f.Err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, f.Data); err != nil {
			return mistake.At(s, "run_args", "the seccomp profile %q is no JSON: %v", file, err)
		}
		if p.Profiles == nil {
			p.Profiles = map[string]string{}
		}
		p.Profiles[file] = compact.String()
	}
	return nil
}
