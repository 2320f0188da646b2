package expand

import (
	"ctenv/internal/dotenv"
	"ctenv/internal/volume"
)

// EnvFile is a file of variables: env_file has dotenv's format, and --env-file of
// run_args, as any of its options, means what it means to `docker run`.
type EnvFile struct {
	volume.Spec      // host only
	Docker      bool // the format is that of --env-file
}

// Variables are what the file holds, whose content is data. Errors are *config.Error
// without a source.
func (f EnvFile) Variables(data []byte, env map[string]string) (map[string]dotenv.Var, error) {
	if f.Docker {
		return dotenv.ParseDocker(data, env)
	}
	return dotenv.Parse(data)
}
