package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
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
	// Getenv looks up a variable of the caller's.
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

// SocketPlaces are the directories that any of a caller's calls has such sockets in: one by
// cron has another runtime directory than one at a terminal, or none. They are the first of
// SocketDirs, and the others where they are there. Off Linux there are no such sockets
// (join/other.go).
func SocketPlaces(goos string, getenv func(string) string, cacheDir string) []string {
	if goos != "linux" {
		return nil
	}
	places := SocketDirs(getenv, cacheDir)
	for _, dir := range []string{
		filepath.Join(conn.RuntimeDir(getenv), "ctenv", "join"),
		filepath.Join(conn.RuntimeDir(func(string) string { return "" }), "ctenv", "join"),
		filepath.Join(cacheDir, "join"),
	} {
		if _, err := os.Stat(dir); err == nil && filepath.IsAbs(dir) && !slices.Contains(places, dir) {
			places = append(places, dir)
		}
	}
	return places
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
