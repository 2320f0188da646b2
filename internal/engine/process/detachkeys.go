package process

import (
	"github.com/moby/term"

	"ctenv/internal/engine/conn"
	"ctenv/internal/streams"
)

// detachKeysOf returns the keys of docker's config.json, else the default.
func detachKeysOf(c conn.DockerConfig, s streams.Streams) streams.DetachKeys {
	file, err := c.File()
	if err != nil || file.DetachKeys == "" {
		return streams.DefaultDetachKeys
	}
	bytes, err := term.ToBytes(file.DetachKeys)
	if err != nil {
		s.Warnf("detachKeys in %q: %v", file.Filename, err)
		return streams.DefaultDetachKeys
	}
	return streams.DetachKeys{Text: file.DetachKeys, Bytes: bytes}
}
