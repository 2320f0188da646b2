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
	add := func(words ...string) { w = append(w, words...) }
	if p.Userns != "" {
		add("--userns=" + p.Userns)
	}
	if p.Detach {
		add("-d")
	}
	if p.TTY {
		add("-t")
	}
	if p.OpenStdin {
		add("-i")
	}
	add("--name=" + p.Name)
	if p.Hostname != "" {
		add("--hostname=" + p.Hostname)
	}
	for _, h := range p.ExtraHosts {
		add("--add-host=" + h)
	}
	if p.Network != "" {
		add("--network=" + p.Network)
	}
	if p.Platform != "" {
		add("--platform=" + p.Platform)
	}
	if p.Pull != "" && p.Pull != "missing" {
		add("--pull=" + p.Pull)
	}
	add("--user=0:0", "--workdir="+p.WorkingDir)
	if !ownStopSignal(p) {
		add("--stop-signal=" + plan.StopSignal)
	}
	if test := p.HealthTest(); len(test) > 1 {
		add("--health-cmd=exec " + strings.Join(test[1:], " "))
	} else {
		add("--no-healthcheck")
	}
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
	if m.Source != "" {
		fields = append(fields, csvField("source="+m.Source))
	}
	fields = append(fields, csvField("target="+m.Target))
	if m.ReadOnly {
		fields = append(fields, "readonly")
	}
	if m.Propagation != "" {
		fields = append(fields, "bind-propagation="+m.Propagation)
	}
	if m.Consistency != "" {
		fields = append(fields, "consistency="+m.Consistency)
	}
	if m.NoCopy {
		fields = append(fields, "volume-nocopy")
	}
	if m.Size != 0 {
		fields = append(fields, "tmpfs-size="+strconv.FormatInt(m.Size, 10))
	}
	if m.Mode != 0 {
		fields = append(fields, "tmpfs-mode="+strconv.FormatUint(uint64(m.Mode), 8))
	}
	return "--mount=" + strings.Join(fields, ",")
}

// csvField quotes as RFC 4180 says: --mount is read as a line of CSV.
func csvField(s string) string {
	if !strings.ContainsAny(s, ",\"\n\r") {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

func ownStopSignal(p plan.Plan) bool {
	return slices.ContainsFunc(p.RunArgs, func(a runargs.Arg) bool { return a.Name == "stop-signal" })
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
