package engine

import (
	"cmp"
	"slices"
	"strings"

	"ctenv/internal/plan"
)

// proxies are the variables that `docker run` and `podman run` give a container without
// being asked: those of docker's configuration for this engine, or the caller's own of
// podman-run(1), --http-proxy. Podman's service would pass those of its own environment,
// which is another one.
func (e *Engine) proxies() []plan.Var {
	var all []plan.Var
	if e.Podman {
		for _, name := range []string{"http_proxy", "https_proxy", "ftp_proxy", "no_proxy"} {
			for _, n := range []string{name, strings.ToUpper(name)} {
				if value := e.Getenv(n); value != "" {
					all = append(all, plan.Var{Name: n, Value: value, FromHost: true})
				}
			}
		}
		return all
	}
	// A file that cannot be read has been said, or will be, by whoever needs it.
	if file, err := e.Config().File(); err == nil && file != nil {
		for name, value := range file.ParseProxyConfig(e.Address(), nil) {
			if value != nil {
				all = append(all, plan.Var{Name: name, Value: *value, FromHost: true})
			}
		}
	}
	slices.SortFunc(all, func(a, b plan.Var) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
