package expand

import (
	"maps"
	"path"
	"slices"
	"strings"

	"ctenv/internal/below"
	"ctenv/internal/config"
	"ctenv/internal/look"
	"ctenv/internal/mistake"
	"ctenv/internal/template"
	"ctenv/internal/volume"
)

// mounts reads the project's mount, subpaths and volumes.
func (x *expansion) mounts(d *Draft) error {
	c := &d.Settings
	project, err := x.projectTarget(c.ProjectTarget)
	if err != nil {
		return err
	}
	d.Target = project.Target
	if len(c.Subpaths) > 0 && x.host.ProjectDir == "" {
		return mistake.Found(mistake.At(c.Subpaths[0], "subpaths", "there is no project to take parts of: no .ctenv.toml here, and -p names no directory"))
	}
	for _, s := range c.Subpaths {
		sp, err := x.subpath(s, project)
		if err != nil {
			return err
		}
		d.Volumes = append(d.Volumes, sp)
	}
	if len(c.Subpaths) == 0 && c.AutoProjectMount.V && x.host.ProjectDir != "" {
		project.Host = x.host.ProjectDir
		d.Volumes = append(d.Volumes, project)
	}
	for i, s := range c.Volumes {
		if err := x.volume(d, s, mistake.Item("volumes", i, s)); err != nil {
			return err
		}
	}
	if c.EnvPaths.V {
		once := slices.CompactFunc(slices.SortedStableFunc(slices.Values(d.EnvPaths()), func(a, b volume.Spec) int { return strings.Compare(a.Host, b.Host) }),
			func(a, b volume.Spec) bool { return a.Host == b.Host })
		d.Volumes = append(once, d.Volumes...) // of two at one place the written one wins
	}
	return nil
}

// volume adds a volume as volumes and run_args write it. Without a target it keeps
// its path, or its place in the project.
func (x *expansion) volume(d *Draft, s config.String, key string) error {
	sp, err := x.Parse(s, key)
	if err != nil {
		return err
	}
	if sp.Target == "" {
		sp.Target = sp.Host
		if rel, ok := x.inProject(sp.Host); ok {
			sp.Target = path.Join(d.Target, rel)
		}
	}
	d.Volumes = append(d.Volumes, sp)
	return nil
}

// pathOptions reads PATH[:OPTIONS], and has take see to the path. Without OPTIONS those of
// before stay.
func (x *expansion) pathOptions(sp *volume.Spec, take func(path string) error) error {
	fields := template.SplitAt(sp.At.V, ':')
	if len(fields) > 2 {
		return mistake.At(sp.At, sp.Key, "%q: too many colons; write PATH[:OPTIONS]", sp.At.V)
	}
	defer x.Vars.At(sp.At.Pos)()
	text, err := x.Vars.Text(fields[0], template.Strict)
	if err == nil {
		err = take(text)
	}
	if err == nil && len(fields) == 2 {
		sp.Options, err = x.Options(fields[1])
	}
	return mistake.Wrap(sp.At, sp.Key, err)
}

// projectTarget is where the project is mounted.
func (x *expansion) projectTarget(s config.String) (volume.Spec, error) {
	sp := volume.Spec{At: s, Key: "project_target"}
	err := x.pathOptions(&sp, func(p string) (err error) {
		sp.Target, err = x.ContainerPath(p)
		return err
	})
	return sp, err
}

// subpath is a part of the project, with the project's options where it has none.
func (x *expansion) subpath(s config.String, project volume.Spec) (volume.Spec, error) {
	sp := volume.Spec{At: s, Key: "subpaths", Options: project.Options}
	err := x.pathOptions(&sp, func(p string) (err error) {
		sp.Host, err = x.Path(p, s.Pos)
		return err
	})
	if err != nil {
		return sp, err
	}
	rel, ok := x.inProject(sp.Host)
	if !ok {
		return sp, mistake.Found(mistake.At(s, sp.Key, "%q resolves outside project %q", sp.Host, x.host.ProjectDir))
	}
	sp.Target = path.Join(project.Target, rel)
	return sp, nil
}

// inProject is the place of a path of the host below the project, whether it is
// spelt as the project is or as the real path.
func (x *expansion) inProject(p string) (string, bool) {
	h := x.host
	if h.ProjectDir == "" {
		return "", false
	}
	if rel, ok := below.Rel(h.ProjectDir, p); ok {
		return rel, true
	}
	return below.Rel(h.RealProjectDir, p)
}

// Mounted is everything that is mounted, by whichever option.
func (d *Draft) Mounted() []volume.Spec { return slices.Concat(d.Volumes, d.Others) }

// Read are the files that are read, but for what options of run_args name.
func (d *Draft) Read() []volume.Spec {
	var all []volume.Spec
	for _, f := range d.EnvFiles {
		all = append(all, f.Spec)
	}
	return append(all, d.Certificates...)
}

// points are the mount points of all mounts that lie in others: in the innermost one, and
// where that is optional in the next one too. A point in each of them would be a look for
// each pair of mounts.
func (d *Draft) points() (all [][]look.Point) {
	at := map[string][]volume.Spec{} // the mounts at a place, the one that counts first
	for _, sp := range slices.Backward(d.Volumes) {
		at[sp.Target] = append(at[sp.Target], sp)
	}
	for _, sp := range d.Others {
		at[sp.Target] = append(at[sp.Target], sp)
	}
	for _, sp := range d.Mounted() {
		if points := pointsOf(at, sp.Target); len(points) > 0 {
			all = append(all, points)
		}
	}
	return all
}

func pointsOf(at map[string][]volume.Spec, target string) (points []look.Point) {
	for dir := target; len(dir) > 1; {
		dir = path.Dir(dir)
		for _, outer := range at[dir] {
			if outer.Key == EnvPathsKey {
				continue // a file, so nothing can lie in it
			}
			p, ok := volume.PointIn(outer, target)
			if !ok {
				return points
			}
			points = append(points, p)
			if !outer.Optional {
				return points
			}
		}
	}
	return points
}

// Wants is what decide has to know of the file system.
func (d *Draft) Wants() look.Wants {
	var w look.Wants
	for _, sp := range d.Mounted() {
		if !sp.Named {
			w.Paths = append(w.Paths, sp.Host)
			if !d.Joins {
				w.Checkouts = append(w.Checkouts, sp.Host)
			}
			if sp.ReadOnly {
				w.ReadOnly = append(w.ReadOnly, sp.Host)
			}
		}
		w.Paths = append(w.Paths, d.Parents(sp.Target)...)
	}
	w.Points = d.points()
	w.Paths = append(w.Paths, d.WorkdirDirs(d.Workdir())...)
	w.Paths = append(w.Paths, d.Home())
	if len(d.Settings.Subpaths) > 0 {
		w.Paths = append(w.Paths, d.Host.ProjectDir)
	}
	for _, sp := range d.EnvPaths() {
		w.Paths = append(w.Paths, sp.Host)
	}
	if sp, ok := d.Agent(); ok {
		w.Paths = append(w.Paths, sp.Host)
	}
	if d.Settings.GitIdentity.V {
		w.GitIdentity = d.Host.Project()
	}
	for _, sp := range d.Read() {
		w.Paths = append(w.Paths, sp.Host)
		w.Files = append(w.Files, sp.Host)
		w.Trails = append(w.Trails, sp.Host)
	}
	for _, file := range slices.Sorted(maps.Keys(d.Profiles())) {
		w.Paths = append(w.Paths, file)
		w.Files = append(w.Files, file)
	}
	w.Paths = append(w.Paths, d.buildPaths()...)
	w.Trails = append(w.Trails, d.buildPaths()...)
	for _, s := range d.IgnoreFiles() {
		w.Paths = append(w.Paths, s.V)
	}
	return w
}
