package conn

import (
	"path/filepath"
	"sync"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
)

// DockerConfig is the directory of the docker command's settings: config.json, the
// contexts, certificates.
type DockerConfig struct {
	dir string
	// File reads config.json when it is first asked for. Beside an error it returns
	// what could be read. A missing file is an empty one.
	File func() (*configfile.ConfigFile, error)
}

// NewDockerConfig chooses the directory as the docker command does.
func NewDockerConfig(getenv func(string) string) DockerConfig {
	dir := getenv(config.EnvOverrideConfigDir)
	if dir == "" {
		if home := getenv("HOME"); home != "" {
			dir = filepath.Join(home, ".docker")
		} else {
			dir = config.Dir()
		}
	}
	return DockerConfig{dir, sync.OnceValues(func() (*configfile.ConfigFile, error) { return config.Load(dir) })}
}
