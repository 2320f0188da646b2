package grants

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ctenv/internal/below"
	"ctenv/internal/config"
	"ctenv/internal/dotenv"
	"ctenv/internal/expand"
	"ctenv/internal/look"
	"ctenv/internal/template"
	"ctenv/internal/volume"
)

// pathGrants judges everything of the host's that is mounted, read or sent to a build.
func (d judge) pathGrants(seen look.Seen) []Grant {
	var out []Grant
	for _, sp := range d.Mounted() {
		sp.Options.Relabel = d.Relabel(sp, cmp.Or(seen.Paths[sp.Host].Real, sp.Host), d.Homes(seen))
		if sp.Key == "run_args" {
			sp.Options.Relabel = "" // a --mount knows no labels
		}
		switch {
		case !isGit(sp) && !sp.At.Pos.Foreign(), sp.Key == "project_target" && !sp.Shared():
		case d.LeavesAway(sp, seen):
		case sp.Key == expand.EnvPathsKey && d.Settings.EnvPaths.Pos.Foreign():
			out = append(out, d.envPathGrants(sp, seen)...)
		case sp.Named && sp.Host != "":
			out = append(out, Grant{Kind: "volume", Value: d.shownHost(sp, sp.Host), Pos: sp.At.Pos, Unless: sp.Host})
		case sp.Named:
			// A --mount that is no bind mount: optionGrants judges it.
		default:
			out = append(out, d.pathGrant(sp, seen, true)...)
		}
	}
	read := d.Read()
	for _, s := range []config.String{d.Settings.Build.Context, d.Settings.Build.Dockerfile} {
		if s.Set && d.Builds() {
			read = append(read, volume.Spec{At: s, Key: "build", Host: s.V})
		}
	}
	for _, s := range d.IgnoreFiles() {
		read = append(read, volume.Spec{At: s, Key: "build", Host: s.V, Options: volume.Options{Optional: true}})
	}
	for _, sp := range read {
		if sp.At.Pos.Foreign() {
			sp.ReadOnly = true
			out = append(out, d.pathGrant(sp, seen, false)...)
		}
	}
	return append(out, d.byPodman()...)
}

// byPodman is the build of a project's Dockerfile by podman, whose builder has all of the
// caller's files within reach. A Dockerfile, or an ONBUILD of an image that it names, can take
// in an archive by its path (FROM oci-archive:/…), one that is called X.in any file by the C
// preprocessor (podman-build(1), --file), and before podman 5.4 the mounts of a RUN lead out
// of the build (CVE-2024-1753, CVE-2024-9675, CVE-2024-11218). Docker's builders get no
// more than the context. A project's argument does all that in the caller's own Dockerfile,
// where that says FROM ${BASE}.
func (d judge) byPodman() []Grant {
	if !d.Builds() {
		return nil
	}
	b := d.Settings.Build
	for _, s := range []config.String{b.DockerfileContent, b.Dockerfile} {
		if s.Set && s.Pos.Foreign() {
			return []Grant{{Kind: "option", Value: "a build by podman, whose Dockerfile can reach your files", Pos: s.Pos, Unless: UnlessDocker}}
		}
	}
	for _, a := range b.Args {
		if a.Value.Pos.Foreign() {
			return []Grant{{Kind: "option", Value: "a build by podman, whose arguments can lead your Dockerfile to your files", Pos: a.Value.Pos, Unless: UnlessDocker}}
		}
	}
	return nil
}

// OwnFiles are the project's own files of which Grants has to know the content: those that
// may name variables of the host, and seccomp profiles. A project's file has them read, and
// they lie in the project: a file elsewhere passes none.
func OwnFiles(draft *expand.Draft, seen look.Seen) look.Wants {
	d := judge{draft}
	w := look.Wants{Files: d.ownEnvFiles(seen)}
	for _, o := range d.Options {
		if file := o.Profile(); file != "" && o.Pos.Foreign() && d.OwnFile(seen.Paths[file]) {
			w.Files = append(w.Files, file)
		}
	}
	return w
}

func (d judge) ownEnvFiles(seen look.Seen) (files []string) {
	for _, f := range d.EnvFiles {
		if f.Docker && f.At.Pos.Foreign() && d.OwnFile(seen.Paths[f.Host]) {
			files = append(files, f.Host)
		}
	}
	return files
}

// fileGrants are the variables that those files pass.
func (d judge) fileGrants(seen look.Seen) []Grant {
	var out []Grant
	for _, file := range d.ownEnvFiles(seen) {
		names := dotenv.Passed(seen.Files[file].Data)
		for _, name := range slices.Sorted(maps.Keys(names)) {
			src := &config.Source{Name: file, Project: true}
			out = append(out, Grant{Kind: "variable", Value: name, Pos: config.Pos{Source: src, Line: names[name]}})
		}
	}
	return out
}

// pathGrant judges one path of the host. In the project a regular file or a directory
// is the project's own, wherever symlinks have led. What is mounted, and not only read, has
// commands in it where it reaches the sockets of the caller's other containers, read-only or
// not.
func (d judge) pathGrant(sp volume.Spec, seen look.Seen, mounted bool) []Grant {
	there := seen.Paths[sp.Host]
	real := cmp.Or(there.Real, sp.Host)
	shown := real
	if !there.Exists {
		shown = d.shownHost(sp, real)
	}
	if !there.Exists && sp.Optional {
		return nil // left out
	}
	how := "read-write"
	if sp.ReadOnly {
		how = "read-only"
	}
	if sp.Shared() {
		how += ", " + sp.Propagation
	}
	if sp.Chown {
		how += ", and all in it becomes yours"
	}
	g := Grant{Kind: "path", Pos: sp.At.Pos, Value: shown + " (" + how + ")"}
	plain := there.Dir || there.Regular || !there.Exists // then it is made, or a mistake
	_, inside := below.Rel(d.Host.RealProjectDir, real)
	switch {
	case isGit(sp):
		g.Kind = "git"
	case !plain:
		g.Kind = "device"
	case inside && d.Host.RealProjectDir != "" && !sp.Shared():
		return nil
	}
	if sp.Relabel != "" { // what a mount is, read-only or not
		g.Value = strings.TrimSuffix(g.Value, ")") + ", relabelled for SELinux)"
	}
	writable := []string{real}
	if sp.ReadOnly {
		if writable = seen.Inner[sp.Host]; len(writable) > 0 {
			g.Value = strings.TrimSuffix(g.Value, ")") + ", but for what is mounted below it)"
		}
	}
	if at, ok := meets(slices.Concat(d.Host.Guarded, d.Host.Links), writable); ok {
		g.Refused = fmt.Sprintf("%q holds %q, by which ctenv decides what containers may do", shown, at)
		g.Hint = "mount a directory that does not hold it"
		if _, entered := meets(d.Host.Sockets, []string{real}); !sp.ReadOnly && !entered {
			g.Hint += ", or add :ro"
		}
	}
	if at, ok := meets(d.Host.Sockets, []string{real}); ok && mounted && g.Refused == "" {
		g.Refused = fmt.Sprintf("%q holds %q, by whose sockets your other containers are entered", shown, at)
		g.Hint = "mount the part of it that is needed, as the one socket that a program looks for"
	}
	return []Grant{g}
}

// envPathGrants judges a file that a variable names, where the project's file has such files
// mounted. The switch itself asks, and each variable of the file's: a job's files have other
// names each time. That of a variable which the caller passes is asked for by the variable.
func (d judge) envPathGrants(sp volume.Spec, seen look.Seen) []Grant {
	out := d.pathGrant(sp, seen, true)
	own := sp.At.Pos == d.Settings.EnvPaths.Pos
	for i, g := range out {
		if own {
			out[i].Value = "the file that " + sp.At.V + " names" + g.Value[strings.LastIndex(g.Value, " ("):]
		}
	}
	if _, forbidden := d.Settings.Limits.Forbids("path"); own || forbidden {
		return out
	}
	return slices.DeleteFunc(out, func(g Grant) bool { return g.Refused == "" })
}

// isGit says that a mount is the project's repository's.
func isGit(sp volume.Spec) bool { return strings.HasPrefix(sp.Key, "git") }

// shownHost is host, which sp mounts, as it can be shown: as it is written where the
// value of a variable is in it.
func (d judge) shownHost(sp volume.Spec, host string) string {
	if raw, ok := d.asWritten(sp.At.Pos); ok {
		return d.Shown(template.SplitAt(raw, ':')[0])
	}
	return host
}

// meets finds what of ctenv's own lies in one of some directories, or holds it.
func meets(owned, dirs []string) (string, bool) {
	for _, own := range owned {
		for _, real := range dirs {
			_, holds := below.Rel(real, own)
			_, within := below.Rel(own, real)
			if holds || within {
				return own, true
			}
		}
	}
	return "", false
}
