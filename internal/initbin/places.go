package initbin

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"

	"ctenv/internal/hint"
	"ctenv/internal/host"
	"ctenv/internal/look"
	"ctenv/internal/owners"
	"ctenv/internal/plan"
)

// Places are where ctenv-init can be mounted from, the best first: a copy that root
// has installed, the caller's runtime directory, which is in no home, and the cache.
func Places(h look.Host) ([]look.InitPlace, error) {
	var places []look.InitPlace
	for _, path := range systemPaths {
		if fromRoot(path) {
			places = append(places, look.InitPlace{Path: path, Real: host.Real(path), System: true})
		}
	}
	for _, dir := range []string{RuntimeDir(h), CacheDir(h)} {
		if dir == "" {
			continue
		}
		program, err := Find(dir, runtime.GOARCH)
		if err != nil {
			return nil, err
		}
		places = append(places, look.InitPlace{Path: program.Path, Real: host.Real(program.Path), Exposed: host.Exposed(filepath.Dir(dir), h.Mine)})
	}
	return places, nil
}

// fromRoot tells whether a path holds this ctenv's ctenv-init, and nobody but root can
// have it hold another.
func fromRoot(path string) bool {
	trail, err := host.Trail(path)
	return err == nil && trail.Judge(owners.Mine{}) == nil && holds(path, runtime.GOARCH)
}

// RuntimeDir is ctenv's directory in the caller's runtime directory, by the XDG Base
// Directory Specification, "" where there is none that is the caller's alone and that
// programs can be started from.
func RuntimeDir(h look.Host) string {
	dir := h.Env["XDG_RUNTIME_DIR"]
	if !filepath.IsAbs(dir) {
		dir = "/run/user/" + strconv.Itoa(h.User.UID)
	}
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || info.Mode()&0o077 != 0 || host.Owner(info) != h.User.UID || !executable(dir) {
		return ""
	}
	return filepath.Join(dir, "ctenv")
}

// CacheDir is ctenv's directory below the user's cache.
func CacheDir(h look.Host) string { return CacheIn(h.Env, string(h.User.Home)) }

// CacheIn follows the XDG Base Directory Specification.
func CacheIn(env map[string]string, home string) string {
	if dir := env["XDG_CACHE_HOME"]; filepath.IsAbs(dir) {
		return filepath.Join(dir, "ctenv")
	}
	return filepath.Join(home, ".cache", "ctenv")
}

// Place makes sure that ctenv-init is at one of its places.
func Place(path string) error {
	if inSystem(path) {
		return nil // looked at when the places were
	}
	program, err := Find(filepath.Dir(path), runtime.GOARCH)
	if err == nil {
		err = program.Install()
	}
	if err != nil {
		return hint.Failed(fmt.Errorf("putting ctenv-init into the cache: %w", err), wayOut(err))
	}
	return nil
}

func wayOut(err error) string {
	if errors.Is(err, syscall.EMFILE) {
		return hint.MoreFiles
	}
	return "XDG_CACHE_HOME chooses another directory"
}

// Install puts ctenv-init where p mounts it from, or where that fails at the next place.
func Install(p *plan.Plan, detail func(format string, args ...any)) error {
	for !p.UploadInit {
		err := Place(p.InitSource())
		if err == nil || len(p.InitElse) == 0 {
			return err
		}
		detail("%v", err)
		*p = p.WithInitElsewhere()
	}
	return nil
}
