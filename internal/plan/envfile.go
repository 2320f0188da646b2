package plan

import "ctenv/internal/dotenv"

// envFile is a file of variables: env_file has dotenv's format, and --env-file of
// run_args, as any of its options, means what it means to `docker run`.
type envFile struct {
	spec        // host only
	docker bool // the format is that of --env-file
}

// variables are what the file holds, whose content is data. Errors are *config.Error
// without a source.
func (f envFile) variables(data []byte, env map[string]string) (map[string]dotenv.Var, error) {
	if f.docker {
		return dotenv.ParseDocker(data, env)
	}
	return dotenv.Parse(data)
}
