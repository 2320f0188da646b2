package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/moby/sys/user"
)

// checkRootless looks at what rootless engines need of this machine, where there
// is one: ids to map, and the programs that map them.
func (a *app) checkRootless(_ context.Context, x *examination) []finding {
	_, podmanErr := exec.LookPath("podman")
	rootless := x.engine != nil && x.engine.Rootless
	switch {
	case x.host.User.UID == 0:
		return []finding{{stateOK, "rootless", "not needed: you are root", ""}}
	case !rootless && podmanErr != nil:
		return []finding{{stateOK, "rootless", "not needed: no rootless engine is installed", ""}}
	}
	found := []finding{a.checkRanges(x, "/etc/subuid", "--add-subuids"), a.checkRanges(x, "/etc/subgid", "--add-subgids")}
	for _, program := range []string{"newuidmap", "newgidmap"} {
		if _, err := exec.LookPath(program); err != nil {
			found = append(found, finding{stateFail, "rootless", program + " is not on PATH", "install the package uidmap (Debian, Ubuntu) or shadow-utils"})
		}
	}
	if rootless {
		return found
	}
	// Nothing fails over an engine that is not in use.
	for i := range found {
		if found[i].state == stateFail {
			found[i].state = stateWarn
		}
	}
	return found
}

// wantedIDs are how many ids images expect: their nobody is 65534.
const wantedIDs = 65536

// checkRanges reads a file of subuid(5) or subgid(5), whose lines name the user
// or the uid.
func (a *app) checkRanges(x *examination, path, flag string) finding {
	name, uid := string(x.host.User.Name), fmt.Sprint(x.host.User.UID)
	remedy := fmt.Sprintf("sudo usermod %s 100000-165535 %s, with a range that no line of %s has", flag, name, path)
	f, err := os.Open(path)
	if err != nil {
		return finding{stateFail, "rootless", err.Error(), remedy}
	}
	defer f.Close()
	ranges, err := user.ParseSubIDFilter(f, func(r user.SubID) bool { return r.Name == name || r.Name == uid })
	if err != nil {
		return finding{stateFail, "rootless", fmt.Sprintf("%s: %v", path, err), ""}
	}
	var total int64
	var texts []string
	for _, r := range ranges {
		total += r.Count
		texts = append(texts, fmt.Sprintf("%d-%d", r.SubID, r.SubID+r.Count-1))
	}
	if total < wantedIDs {
		return finding{stateFail, "rootless", fmt.Sprintf("%s gives you %d ids, and images want %d", path, total, wantedIDs), remedy}
	}
	return finding{stateOK, "rootless", path + ": " + strings.Join(texts, ", "), ""}
}
