package doctor

import (
	"context"
	"os/exec"
	"slices"

	"ctenv/internal/initbin"
	"ctenv/internal/podmancheck"
)

// checkRootless looks at what rootless podman needs of this machine, where it is
// installed or in use. A rootless docker that answers has what it needs.
func (x *examination) checkRootless(ctx context.Context) []finding {
	const about = "rootless"
	inUse := x.about != nil && x.about.Rootless
	_, podmanErr := exec.LookPath("podman")
	switch {
	case x.Host.User.Name == "": // who calls is not known
		return nil
	case x.Host.User.UID == 0:
		return []finding{{stateOK, about, "not needed: you are root", ""}}
	case inUse && x.about.Name != "Podman":
		return []finding{{stateOK, about, "Docker's engine answers, so its set-up is right", ""}}
	case podmanErr != nil:
		return []finding{{stateOK, about, "not needed: podman is not installed", ""}}
	}
	directories := []string{initbin.CacheDir(x.Host)}
	if x.Mistake == nil && x.Config.ProjectDir != "" {
		directories = append(directories, x.Config.ProjectDir)
	}
	checks := podmancheck.All(x.Getenv, directories...)
	// Podman itself is asked where it may be the engine, and works by what is seen from here.
	if (x.about == nil || inUse) && !slices.ContainsFunc(checks, func(c podmancheck.Check) bool { return c.Problem != "" }) {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		checks = append(checks, podmancheck.Sees(ctx, directories[len(directories)-1]))
	}
	var found []finding
	for _, c := range checks {
		switch {
		case c.Problem == "":
			found = append(found, finding{stateOK, about, "podman: " + c.Name, ""})
		case x.about != nil && !inUse:
			// Nothing fails over an engine that is not in use.
			found = append(found, finding{stateWarn, about, "podman: " + c.Problem, c.Remedy})
		default:
			found = append(found, finding{stateFail, about, "podman: " + c.Problem, c.Remedy})
		}
	}
	return found
}
