// Package slug makes any text into a name that engines and file systems take.
package slug

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// maxSlug keeps a slug with its prefix and suffix below 255 bytes, the longest
// file name that Linux takes (NAME_MAX) and so the longest volume name.
const maxSlug = 128

// Of makes any text into a legal name for a volume, a container and a directory:
// lower case, anything outside a-z0-9_.- becomes "-", runs of "-" are folded, no
// leading punctuation, never empty. What is longer than 128 bytes keeps its end,
// the part that tells paths apart, behind a hash of the whole.
func Of(s string) string { return slug(s, maxSlug) }

// maxImageSlug lets two of them and some more fit into the 255 bytes that the name
// of an image may have (distribution/reference).
const maxImageSlug = 110

// OfImage is a slug that is a part of an image's name as well: there letters and
// digits stand at both ends, and punctuation of a kind is not mixed.
func OfImage(s string) string {
	var b strings.Builder
	run := ""
	for _, r := range slug(s, maxImageSlug) {
		if strings.ContainsRune("-_.", r) {
			run += string(r)
			continue
		}
		if len(run) > 1 {
			run = "-"
		}
		b.WriteString(run)
		b.WriteRune(r)
		run = ""
	}
	return b.String()
}

func slug(s string, max int) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(s) {
		if r < 0x80 && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '.') {
			b.WriteRune(r)
			dash = false
		} else if !dash {
			b.WriteByte('-')
			dash = true
		}
	}
	out := strings.TrimRight(strings.TrimLeft(b.String(), "-_."), "-")
	if out == "" {
		return "x"
	}
	if len(out) > max {
		sum := sha256.Sum256([]byte(s))
		hash := hex.EncodeToString(sum[:4])
		out = hash + "-" + strings.TrimLeft(out[len(out)-max+len(hash)+1:], "-_.")
	}
	return out
}

// VolumeOfToday gives the name that a volume of the Python tool has now, where the name
// holds the project's directory as that tool's ${project_dir|slug} wrote it: each slash
// a dash, the leading one too. "" where it does not.
func VolumeOfToday(name, projectDir string) string {
	dashes := strings.Map(func(r rune) rune {
		if r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.') {
			return r
		}
		return '-'
	}, projectDir)
	for _, before := range []string{strings.NewReplacer("/", "-", ":", "-").Replace(projectDir), dashes, strings.ToLower(dashes)} {
		// The end of it, or of a name in it: /a/b is no /a/bc.
		_, after, found := strings.Cut(name, before)
		if found && (after == "" || strings.ContainsAny(after[:1], "-_.")) {
			return strings.Replace(name, before, slug(projectDir, maxSlug), 1)
		}
	}
	return ""
}
