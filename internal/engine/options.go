package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"ctenv/internal/engine/conn"
	"ctenv/internal/plan"
)

// Options choose the engine.
type Options struct {
	// Runtime is "docker", "podman", or "auto" or "": docker where its engine
	// answers, else podman.
	Runtime string
	// Getenv looks up a variable of the caller's; nil is os.Getenv.
	Getenv func(string) string
	// Init gives the ctenv-init for an architecture, by GOARCH's names. It is asked
	// only for an engine that does not see our files.
	Init func(arch string) ([]byte, error)
	// PlaceInit puts ctenv-init at a path of this machine.
	PlaceInit func(path string) error
	// SocketDirs are where the sockets of containers that stay are looked for; they are
	// made in the first that can be had.
	SocketDirs []string
}

// SocketDirs are those of a caller: in the runtime directory, which lies in no home that a
// container could have, else below ctenv's own in the cache.
func SocketDirs(getenv func(string) string, cacheDir string) []string {
	if dir := conn.RuntimeDir(getenv); filepath.IsAbs(dir) {
		if _, err := os.Stat(dir); err == nil {
			return []string{filepath.Join(dir, "ctenv", "join")}
		}
	}
	return []string{filepath.Join(cacheDir, "join")}
}

// Key names the socket of a container that stays such that it is found without asking an
// engine: for one caller, project, container, and engine as it is configured.
func (o Options) Key(key plan.StayKey) (string, error) {
	search, err := conn.NewSearch(o.Runtime, o.Getenv)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{search.Key(), key.ProjectDir, strconv.Itoa(key.UID), key.Container}, "\x00")))
	return hex.EncodeToString(sum[:16]), nil
}
