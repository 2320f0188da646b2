package engine

import (
	"maps"
	"slices"
	"strings"
)

// proxies are the variables that `docker run` and `podman run` give a container without
// being asked: those of docker's configuration for this engine, or the caller's own of
// podman-run(1), --http-proxy. Podman's service would pass those of its own environment,
// which is another one.
func (e *Engine) proxies() []string {
	var all []string
	if e.dialect().passesProxies {
		for _, name := range []string{"http_proxy", "https_proxy", "ftp_proxy", "no_proxy"} {
			for _, n := range []string{name, strings.ToUpper(name)} {
				if value := e.Getenv(n); value != "" {
					all = append(all, n+"="+value)
				}
			}
		}
		return all
	}
	// A file that cannot be read has been said, or will be, by whoever needs it.
	if file, err := e.Config().File(); err == nil && file != nil {
		proxies := file.ParseProxyConfig(e.Address(), nil)
		for _, name := range slices.Sorted(maps.Keys(proxies)) {
			if value := proxies[name]; value != nil {
				all = append(all, name+"="+*value)
			}
		}
	}
	return all
}
