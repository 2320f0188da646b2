// Package dockerline writes a plan as the `docker run` line that does the same.
package dockerline

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"ctenv/internal/plan"
	"ctenv/internal/runargs"
	"ctenv/internal/shellquote"
)

// Of gives the `docker run` or `podman run` line that does what the
// plan does, quoted for a POSIX shell. Values passed from the host stay names.
func Of(p plan.Plan, program string) (string, error) {
	w := slices.Concat([]string{program, "run", "--rm", "--init"}, placeFlags(p), limitFlags(p))
	add := func(words ...string) { w = append(w, words...) }
	request, err := requestWords(p.Request)
	if err != nil {
		return "", err
	}
	before := len(w)
	if len(p.Entrypoint) > 0 {
		add("--entrypoint=" + p.Entrypoint[0])
	}
	add(p.Image)
	if len(p.Entrypoint) > 0 {
		add(p.Entrypoint[1:]...)
	}
	add(p.Cmd...)
	// The request's words are quoted already.
	return strings.Join(slices.Insert(shellquote.Words(w), before, request...), " "), nil
}

// placeFlags say what the container is called, where it is and how it is talked to.
func placeFlags(p plan.Plan) (w []string) {
	add := func(set bool, word string) {
		if set {
			w = append(w, word)
		}
	}
	add(p.Userns != "", "--userns="+p.Userns)
	add(p.Detach, "-d")
	add(p.TTY, "-t")
	add(p.OpenStdin, "-i")
	add(true, "--name="+p.Name)
	add(p.Hostname != "", "--hostname="+p.Hostname)
	for _, h := range p.ExtraHosts {
		add(true, "--add-host="+h)
	}
	add(p.Network != "", "--network="+p.Network)
	add(p.Platform != "", "--platform="+p.Platform)
	add(p.Pull != "" && p.Pull != "missing", "--pull="+p.Pull)
	add(true, "--user=0:0")
	add(true, "--workdir="+p.WorkingDir)
	_, ownSignal := p.Option("stop-signal")
	add(!ownSignal, "--stop-signal="+plan.StopSignal)
	test := p.HealthTest()
	add(len(test) > 1, "--health-cmd=exec "+strings.Join(test[1:], " "))
	add(len(test) == 1, "--no-healthcheck")
	return w
}

// limitFlags say what the container has: its log, mounts, limits, labels and variables.
func limitFlags(p plan.Plan) (w []string) {
	add := func(words ...string) { w = append(w, words...) }
	switch {
	case p.OwnLog():
	case p.Stay:
		add("--log-driver="+plan.StayLogDriver, "--log-opt=max-size="+plan.StayLogSize)
	case !p.Detach:
		add("--log-driver=none")
	}
	for _, m := range p.Mounts {
		add(mountFlag(m))
	}
	for _, u := range p.Ulimits {
		add("--ulimit=" + u.Name + "=" + strconv.FormatInt(u.Soft, 10) + ":" + strconv.FormatInt(u.Hard, 10))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Labels)) {
		add("--label=" + name + "=" + p.Labels[name])
	}
	for _, a := range p.RunArgs {
		add("--" + a.Name + "=" + a.Value)
	}
	for _, v := range p.Env {
		if v.FromHost {
			add("--env=" + v.Name)
		} else {
			add("--env=" + v.Name + "=" + v.Value)
		}
	}
	return w
}

// mountFlag prefers --mount, which like the Engine API's Mounts makes no missing
// directory on the host; what only Binds can say needs --volume.
func mountFlag(m plan.Mount) string {
	if m.Relabel != "" || m.Podman != "" {
		return "--volume=" + m.Bind()
	}
	fields := []string{"type=" + m.Type}
	add := func(set bool, field string) {
		if set {
			fields = append(fields, field)
		}
	}
	add(m.Source != "", "source="+m.Source)
	add(true, "target="+m.Target)
	add(m.ReadOnly, "readonly")
	add(m.Propagation != "", "bind-propagation="+m.Propagation)
	add(m.Consistency != "", "consistency="+m.Consistency)
	add(m.NoCopy, "volume-nocopy")
	add(m.Size != 0, "tmpfs-size="+strconv.FormatInt(m.Size, 10))
	add(m.Mode != 0, "tmpfs-mode="+strconv.FormatUint(uint64(m.Mode), 8))
	return "--mount=" + runargs.CSV(fields)
}

// HostNames are the variables whose values are left out of the line.
func HostNames(p plan.Plan) []string {
	seen := map[string]bool{}
	for _, v := range p.Env {
		if v.FromHost {
			seen[v.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
