package plan

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"ctenv/internal/runargs"
	"ctenv/internal/shellquote"
)

// DockerCommand gives the `docker run` or `podman run` line that does what the
// plan does, quoted for a POSIX shell. Values passed from the host stay names.
func DockerCommand(p Plan, program string) (string, error) {
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
func placeFlags(p Plan) (w []string) {
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
	if !p.ownStopSignal() {
		add("--stop-signal=" + StopSignal)
	}
	if test := p.HealthTest(); len(test) > 1 {
		add("--health-cmd=exec " + strings.Join(test[1:], " "))
	} else {
		add("--no-healthcheck")
	}
	return w
}

// limitFlags say what the container has: its log, mounts, limits, labels and variables.
func limitFlags(p Plan) (w []string) {
	add := func(words ...string) { w = append(w, words...) }
	switch {
	case p.OwnLog():
	case p.Stay:
		add("--log-driver="+StayLogDriver, "--log-opt=max-size="+StayLogSize)
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

// OwnLog says whether the caller chose how the output is logged.
func (p *Plan) OwnLog() bool {
	for _, a := range p.RunArgs {
		if strings.HasPrefix(a.Name, "log-") {
			return true
		}
	}
	return false
}

// LogsWords says whether the engine keeps what the container says.
func (p *Plan) LogsWords() bool { return p.Detach || p.OwnLog() }

// StopSignal is what `docker stop` sends, whatever the image's STOPSIGNAL is: that is
// for the image's own program, and what runs here is another one.
const StopSignal = "SIGTERM"

func (p *Plan) ownStopSignal() bool {
	return slices.ContainsFunc(p.RunArgs, func(a runargs.Arg) bool { return a.Name == "stop-signal" })
}

// mountFlag prefers --mount, which like the Engine API's Mounts makes no missing
// directory on the host; what only Binds can say needs --volume.
func mountFlag(m Mount) string {
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

// HostNames are the variables whose values are left out of DockerCommand's line.
func (p Plan) HostNames() []string {
	seen := map[string]bool{}
	for _, v := range p.Env {
		if v.FromHost {
			seen[v.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
