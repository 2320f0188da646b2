package decide

import (
	"fmt"

	"ctenv/internal/config"
	"ctenv/internal/expand"
	"ctenv/internal/look"
	"ctenv/internal/mistake"
	"ctenv/internal/plan"
)

// imageBuild is how the image is built by what the configuration says, nil where it
// is not built.
func (d *decision) imageBuild() *plan.ImageBuild {
	if !d.Builds() {
		return nil
	}
	b := &d.Settings.Build
	out := &plan.ImageBuild{
		Dockerfile: b.Dockerfile.V, Content: b.DockerfileContent.V, Context: b.Context.V,
		Tag: d.Settings.Image.V, Target: b.Target.V, Platform: d.Settings.Platform.V, Network: d.cutOff(), Refresh: d.Settings.Pull.V == "always",
	}
	for _, e := range b.Args {
		out.Args = append(out.Args, plan.BuildArg{Name: e.Key, Value: e.Value.V, FromHost: d.SecretArgs[e.Key]})
	}
	return out
}

// ImageBuild says how the image is built, and nil where it is used as it is. seen
// answers d.Wants.
func ImageBuild(draft *expand.Draft, seen look.Seen) (*plan.ImageBuild, error) {
	d := decision{Draft: draft}
	b, err := d.checkedBuild(seen)
	return b, expand.Redact(err, d.Raw, d.Host.Env)
}

// checkedBuild is imageBuild by what is there.
func (d *decision) checkedBuild(seen look.Seen) (*plan.ImageBuild, error) {
	if !d.Builds() {
		return nil, nil
	}
	b, out := &d.Settings.Build, d.imageBuild()
	for _, t := range []struct {
		s         config.String
		out       *string
		key, hint string
		directory bool
	}{
		{b.Context, &out.Context, "build.context", "", true},
		{b.Dockerfile, &out.Dockerfile, "build.dockerfile", "dockerfile names another file, dockerfile_content holds the text itself", false},
	} {
		if !t.s.Set {
			continue
		}
		there := seen.Paths[t.s.V]
		switch {
		case there.Err != nil:
			return nil, mistake.Found(mistake.At(t.s, t.key, "%q: %v", t.s.V, there.Err))
		case !there.Exists:
			return nil, &config.Error{Pos: t.s.Pos, Msg: fmt.Sprintf("%s: %q does not exist", t.key, t.s.V), Hint: t.hint, Found: true}
		case there.Dir != t.directory && t.directory:
			return nil, mistake.Found(mistake.At(t.s, t.key, "%q is a file; name its directory", t.s.V))
		case there.Dir != t.directory:
			return nil, mistake.Found(mistake.At(t.s, t.key, "%q is a directory; name the Dockerfile in it", t.s.V))
		case !t.directory && !there.Regular:
			// The builder would wait for a named pipe.
			return nil, mistake.Found(mistake.At(t.s, t.key, "%q is no regular file", t.s.V))
		}
		if err := d.believed(t.s, t.key, t.s.V, seen); err != nil {
			return nil, err
		}
		*t.out = there.Real // which was judged, and not what a link leads to by then
	}
	for _, s := range d.IgnoreFiles() {
		if there := seen.Paths[s.V]; there.Exists && !there.Regular {
			return nil, mistake.Found(mistake.At(s, "build", "%q, which the builder reads, is no regular file", s.V))
		}
	}
	return out, nil
}

// cutOff is the network of what makes images: a repository's commands there are under no
// other limit than its container's.
func (d *decision) cutOff() string {
	if d.Settings.Limits.Network.V == "none" {
		return "none"
	}
	return ""
}
