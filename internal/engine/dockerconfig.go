package engine

import (
	"path/filepath"
	"sync"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
)

// dockerConfig is the folder of the docker command's settings: config.json, the
// contexts, certificates.
type dockerConfig struct {
	dir string
	// file reads config.json when it is first asked for. Beside an error it returns
	// what could be read. A missing file is an empty one.
	file func() (*configfile.ConfigFile, error)
}

// newDockerConfig chooses the folder as the docker command does.
func newDockerConfig(getenv func(string) string) dockerConfig {
	dir := getenv(config.EnvOverrideConfigDir)
	if dir == "" {
		if home := getenv("HOME"); home != "" {
			dir = filepath.Join(home, ".docker")
		} else {
			dir = config.Dir()
		}
	}
	return dockerConfig{dir, sync.OnceValues(func() (*configfile.ConfigFile, error) { return config.Load(dir) })}
}
