package expand

import (
	"maps"
	"slices"

	"ctenv/internal/below"
	"ctenv/internal/dotenv"
	"ctenv/internal/look"
	"ctenv/internal/volume"
)

// EnvFile is a file of variables: env_file has dotenv's format, and --env-file of
// run_args, as any of its options, means what it means to `docker run`.
type EnvFile struct {
	volume.Spec      // host only
	Docker      bool // the format is that of --env-file
}

// Variables are what the file holds, whose content is data, and which is there. Errors are
// *config.Error without a source. A name that stands alone passes the caller's variable,
// unless a project's file names a file outside of the project: nobody was asked for that
// variable. Those are kept, where the caller has them.
func (d *Draft) Variables(f EnvFile, there look.Path, data []byte) (vars map[string]dotenv.Var, kept []string, err error) {
	if !f.Docker {
		vars, err = dotenv.Parse(data)
		return vars, nil, err
	}
	env := d.Host.Env
	if f.At.Pos.Foreign() && !d.OwnFile(there) {
		env = nil
		kept = slices.DeleteFunc(slices.Sorted(maps.Keys(dotenv.Passed(data))), func(name string) bool { _, set := d.Host.Env[name]; return !set })
	}
	vars, err = dotenv.ParseDocker(data, env)
	return vars, kept, err
}

// OwnFile says that what is there is a file of the project's own, wherever links have led.
func (d *Draft) OwnFile(there look.Path) bool {
	_, inside := below.Rel(d.Host.RealProjectDir, there.Real)
	return inside && d.Host.RealProjectDir != "" && there.Regular
}
