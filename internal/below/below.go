// Package below tells by their names alone what paths lie in others.
package below

import (
	"path/filepath"
	"strings"
)

// Rel gives p relative to dir when p is dir or lies in it, by name alone.
func Rel(dir, p string) (string, bool) {
	rel, err := filepath.Rel(dir, p)
	if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		return "", false
	}
	return rel, true
}
