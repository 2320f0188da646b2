package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"ctenv/internal/runargs"
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
	return strings.Join(slices.Insert(quoted(w), before, request...), " "), nil
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

// ShellLine quotes words for a POSIX shell.
func ShellLine(words []string) string { return strings.Join(quoted(words), " ") }

func quoted(words []string) []string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = shellQuote(word)
	}
	return out
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

// shellQuote quotes a word for a POSIX shell. A mark becomes "$NAME", to be
// filled in from the environment of whoever pastes the line.
func shellQuote(word string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(word, markStart)
		if before != "" || !found && b.Len() == 0 {
			b.WriteString(quotePlain(before))
		}
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, markEnd)
		b.WriteString(`"$` + name + `"`)
		word = after
	}
}

func quotePlain(s string) string {
	var b strings.Builder
	for s != "" {
		n := hiddenLen(s)
		if n == 0 {
			for n < len(s) && hiddenLen(s[n:]) == 0 {
				_, size := utf8.DecodeRuneInString(s[n:])
				n += size
			}
			b.WriteString(quoteShown(s[:n]))
		} else {
			fmt.Fprintf(&b, `"$(printf '%s')"`, octal(s[:n]))
		}
		s = s[n:]
	}
	if b.Len() == 0 {
		return "''"
	}
	return b.String()
}

// hiddenLen is how many bytes at the start of s a terminal would act on instead of
// showing them: the line is there to be looked at, and the file may be a stranger's.
// A newline and a tab do no harm.
func hiddenLen(s string) int {
	n := 0
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		broken := r == utf8.RuneError && size == 1 // a terminal may take it for a control character of 8 bits
		turns := r == '\u2028' || r == '\u2029' || r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
		if !broken && !turns && (!unicode.IsControl(r) || r == '\n' || r == '\t') {
			break
		}
		n += size
	}
	return n
}

// octal writes bytes as printf(1) reads them.
func octal(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, `\%03o`, s[i])
	}
	return b.String()
}

func quoteShown(s string) string {
	safe := s != ""
	for i := 0; i < len(s) && safe; i++ {
		c := s[i]
		safe = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("_-./:=@,+%", c) >= 0
	}
	if safe {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
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
