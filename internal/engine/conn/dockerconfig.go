package conn

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"

	"ctenv/internal/regular"
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
	return DockerConfig{dir, sync.OnceValues(func() (*configfile.ConfigFile, error) { return load(dir) })}
}

// load is docker's own config.Load, which would wait at a named pipe.
func load(dir string) (*configfile.ConfigFile, error) {
	file := configfile.New(filepath.Join(dir, config.ConfigFileName))
	data, err := read(file.Filename)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return file, nil
	case err != nil:
		return file, fmt.Errorf("loading config file: %w", err)
	}
	if err := file.LoadFromReader(bytes.NewReader(data)); err != nil {
		return file, fmt.Errorf("parsing config file (%s): %w", file.Filename, err)
	}
	return file, nil
}

// maxFile caps a file of docker's settings, in bytes.
const maxFile = 16 << 20

// read gives a file of docker's settings. Its errors name it.
func read(path string) ([]byte, error) {
	data, err := regular.Read(path, maxFile)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return data, nil
}

// allRegular is an error where a file in a directory, or below it, is no regular one: docker's store opens
// whatever is there. What is missing is not looked at.
func allRegular(dir string) error {
	// With the slash, a symlink in its place is followed.
	return filepath.WalkDir(dir+"/", func(path string, _ fs.DirEntry, _ error) error {
		info, err := os.Stat(path)
		if err != nil || info.IsDir() {
			return nil
		}
		if kind := regular.Kind(uint32(info.Sys().(*syscall.Stat_t).Mode)); kind != "" {
			return &fs.PathError{Op: "open", Path: path, Err: &regular.KindError{Kind: kind}}
		}
		return nil
	})
}
