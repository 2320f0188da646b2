package engine

import (
	"maps"
	"os"
	"path/filepath"
	"strings"

	"ctenv/internal/plan"
)

// placeProfiles has the seccomp profiles of p be files where no container can write, for an
// engine that opens them itself: the one that a project names can be exchanged after it was
// judged. done removes them, once there is a container.
func (e *Engine) placeProfiles(p plan.Plan) (_ plan.Plan, done func(), err error) {
	var copies []string
	done = func() {
		for _, path := range copies {
			_ = os.Remove(path)
		}
	}
	if !e.dialect().opensProfiles || len(p.Profiles) == 0 {
		return p, done, nil
	}
	if p.SocketDir == "" {
		return withOwnProfiles(p), done, nil
	}
	placed := map[string]string{}
	for file, text := range p.Profiles {
		path, err := placeProfile(p.SocketDir, text)
		if err != nil {
			done()
			return p, nil, &Error{Msg: "putting a copy of the seccomp profile where no container can write: " + err.Error(), Hint: "make room there, or leave the profile out"}
		}
		copies = append(copies, path)
		placed[file] = path
	}
	p.Profiles = placed
	return p, done, nil
}

func placeProfile(dir, text string) (path string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, plan.ProfilePrefix)
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(text)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return f.Name(), err
}

// withOwnProfiles has the engine open the profiles that p names.
func withOwnProfiles(p plan.Plan) plan.Plan {
	p.Profiles = maps.Clone(p.Profiles)
	for file := range p.Profiles {
		p.Profiles[file] = file
	}
	return p
}

// unseenProfile says that an engine does not see a copy that was made for it, as one on
// another machine or of a user who may not look there, and not that it takes no such profile.
func unseenProfile(why error, p plan.Plan) bool {
	for file, path := range p.Profiles {
		said := why.Error()
		if path != file && filepath.IsAbs(path) && strings.Contains(said, path) &&
			(strings.Contains(said, "no such file or directory") || strings.Contains(said, "permission denied")) {
			return true
		}
	}
	return false
}
