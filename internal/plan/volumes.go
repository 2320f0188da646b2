package plan

import (
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/mistake"
	"ctenv/internal/slug"
	"ctenv/internal/template"
)

// mounts reads the project's mount, subpaths and volumes.
func (x *expansion) mounts(d *Draft) error {
	c := &d.c
	project, err := x.projectTarget(c.ProjectTarget)
	if err != nil {
		return err
	}
	d.target = project.target
	if len(c.Subpaths) > 0 && x.host.ProjectDir == "" {
		return mistake.Found(mistake.At(c.Subpaths[0], "subpaths", "there is no project to take parts of: no .ctenv.toml here, and -p names no directory"))
	}
	for _, s := range c.Subpaths {
		sp, err := x.subpath(s, project)
		if err != nil {
			return err
		}
		d.volumes = append(d.volumes, sp)
	}
	if len(c.Subpaths) == 0 && c.AutoProjectMount.V && x.host.ProjectDir != "" {
		project.host = x.host.ProjectDir
		d.volumes = append(d.volumes, project)
	}
	for i, s := range c.Volumes {
		if err := x.volume(d, s, mistake.Item("volumes", i, s)); err != nil {
			return err
		}
	}
	if c.EnvPaths.V {
		once := slices.CompactFunc(slices.SortedStableFunc(slices.Values(d.envPaths()), func(a, b spec) int { return strings.Compare(a.host, b.host) }),
			func(a, b spec) bool { return a.host == b.host })
		d.volumes = append(once, d.volumes...) // of two at one place the written one wins
	}
	return nil
}

// volume adds a volume as volumes and run_args write it. Without a target it keeps
// its path, or its place in the project.
func (x *expansion) volume(d *Draft, s config.String, key string) error {
	sp, err := x.parseVolume(s, key)
	if err != nil {
		return err
	}
	if sp.target == "" {
		sp.target = sp.host
		if rel, ok := x.inProject(sp.host); ok {
			sp.target = path.Join(d.target, rel)
		}
	}
	d.volumes = append(d.volumes, sp)
	return nil
}

// projectTarget reads PATH[:OPTIONS].
func (x *expansion) projectTarget(s config.String) (spec, error) {
	sp := spec{at: s, key: "project_target"}
	fields := template.SplitAt(s.V, ':')
	if len(fields) > 2 {
		return sp, mistake.At(s, sp.key, "%q: too many colons; write PATH[:OPTIONS]", s.V)
	}
	text, err := x.vars.Text(fields[0], template.Strict)
	if err == nil {
		sp.target, err = x.containerPath(text)
	}
	if err == nil && len(fields) == 2 {
		sp.options, err = x.options(fields[1])
	}
	return sp, mistake.Wrap(s, sp.key, err)
}

// subpath reads PATH[:OPTIONS] of a part of the project.
func (x *expansion) subpath(s config.String, project spec) (spec, error) {
	sp := spec{at: s, key: "subpaths"}
	fields := template.SplitAt(s.V, ':')
	if len(fields) > 2 {
		return sp, mistake.At(s, sp.key, "%q: too many colons; write PATH[:OPTIONS]", s.V)
	}
	text, err := x.vars.Text(fields[0], template.Strict)
	if err == nil {
		sp.host, err = x.onlyPath(text, s.Pos)
	}
	if err != nil {
		return sp, mistake.Wrap(s, sp.key, err)
	}
	rel, ok := x.inProject(sp.host)
	if !ok {
		return sp, mistake.Found(mistake.At(s, sp.key, "%q resolves outside project %q", sp.host, x.host.ProjectDir))
	}
	sp.target = path.Join(project.target, rel)
	sp.options = project.options
	if len(fields) == 2 {
		sp.options, err = x.options(fields[1])
	}
	return sp, mistake.Wrap(s, sp.key, err)
}

// inProject is the place of a path of the host below the project, whether it is
// spelt as the project is or as the real path.
func (x *expansion) inProject(p string) (string, bool) {
	h := x.host
	if h.ProjectDir == "" {
		return "", false
	}
	if rel, ok := below(h.ProjectDir, p); ok {
		return rel, true
	}
	return below(h.RealProjectDir, p)
}

// volumeVars are the names as a volume's name may hold them: a user name that
// could not stand in one is slugged.
func (x *expansion) volumeVars() *template.Vars {
	v := *x.vars
	v.Values = map[string]string{}
	for name, value := range x.vars.Values {
		v.Values[name] = value
	}
	if name := string(x.host.User.Name); !volumeName().MatchString("x" + name) {
		v.Values["USER"], v.Values["user_name"] = slug.Of(name), slug.Of(name)
	}
	return &v
}

// below gives p relative to dir when p is dir or lies in it, by name alone.
func below(dir, p string) (string, bool) {
	rel, err := filepath.Rel(dir, p)
	if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		return "", false
	}
	return rel, true
}

// mounted is everything that is mounted, by whichever option.
func (d *Draft) mounted() []spec { return slices.Concat(d.volumes, d.others) }

// Wants is what Build has to know of the file system.
func (d *Draft) Wants() Wants {
	var w Wants
	mounted := d.mounted()
	for _, sp := range mounted {
		if !sp.named {
			w.Paths = append(w.Paths, sp.host)
			w.Checkouts = append(w.Checkouts, sp.host)
		}
		w.Paths = append(w.Paths, d.parents(sp.target)...)
		for _, outer := range mounted {
			if p, ok := mountPointIn(outer, sp.target); ok {
				w.Paths = append(w.Paths, path.Join(p.Root, p.Rel))
				w.Points = append(w.Points, p)
			}
		}
	}
	w.Paths = append(w.Paths, d.workdirDirs(d.workdir())...)
	w.Paths = append(w.Paths, d.home())
	if len(d.c.Subpaths) > 0 {
		w.Paths = append(w.Paths, d.host.ProjectDir)
	}
	for _, sp := range d.envPaths() {
		w.Paths = append(w.Paths, sp.host)
	}
	if sp, ok := d.agent(); ok {
		w.Paths = append(w.Paths, sp.host)
	}
	if d.c.GitIdentity.V {
		w.GitIdentity = projectDir(d.host)
	}
	for _, sp := range d.envFiles {
		w.Paths = append(w.Paths, sp.host)
		w.Files = append(w.Files, sp.host)
		w.Trails = append(w.Trails, sp.host)
	}
	for _, sp := range d.certificates {
		w.Paths = append(w.Paths, sp.host)
		w.Files = append(w.Files, sp.host)
		w.Trails = append(w.Trails, sp.host)
	}
	for _, file := range slices.Sorted(maps.Keys(d.profiles())) {
		w.Paths = append(w.Paths, file)
		w.Files = append(w.Files, file)
	}
	w.Paths = append(w.Paths, d.buildPaths()...)
	w.Trails = append(w.Trails, d.buildPaths()...)
	return w
}

// mountPointIn gives the mount point of target when it lies strictly inside the
// bind mount outer.
func mountPointIn(outer spec, target string) (Point, bool) {
	rel, ok := below(outer.target, target)
	if outer.named || !ok || rel == "." {
		return Point{}, false
	}
	return Point{Root: outer.host, Target: outer.target, Rel: rel}, true
}
