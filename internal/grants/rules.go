package grants

import (
	"slices"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/runargs"
	"ctenv/internal/slug"
	"ctenv/internal/template"
)

// class says what happens where a project's file sets a key or an option.
type class int

const (
	harmless class = iota // nothing: it stays in the container, or in the project
	judged                // it depends on the value
	asks                  // it is a grant
)

// keyRule is the rule for one key. judge gives the grants of one value; nil with
// class judged: pathGrants or variableGrants see to it, after all is resolved.
type keyRule struct {
	class class
	judge func(d judge, r config.Row) []Grant
}

// keyRules has every key that a file can set. A template in any of them is judged by
// variableGrants.
var keyRules = map[string]keyRule{
	"image":               {class: harmless},
	"build.dockerfile":    {class: judged},
	"build.context":       {class: judged},
	"build.tag":           {judged, judgeTag},
	"command":             {class: harmless},
	"default":             {class: harmless},
	"extends":             {class: judged},      // by borrowed
	"unset":               {judged, judgeUnset}, // what else must hold is in [limits]
	"project_target":      {class: harmless},
	"auto_project_mount":  {class: harmless},
	"subpaths":            {class: judged},
	"volumes":             {class: judged},
	"workdir":             {class: harmless},
	"env":                 {class: judged},
	"env_file":            {class: judged},
	"env_paths":           {judged, judgeSwitch},
	"ssh_agent":           {judged, judgeSwitch},
	"git_identity":        {judged, judgeSwitch},
	"ca_certificates":     {class: judged}, // as a path that is read
	"groups":              {asks, judgeGroup},
	"sudo":                {class: harmless},
	"packages":            {class: harmless}, // in the image, without the project
	"image_commands":      {class: harmless}, // the same
	"tty":                 {class: harmless},
	"stdin":               {class: harmless},
	"detach":              {class: harmless},
	"post_start_commands": {class: harmless},
	"setup_commands":      {class: harmless},
	"shell":               {class: harmless},
	"umask":               {class: harmless},
	"name":                {judged, judgeName},
	"hostname":            {class: harmless},
	"network":             {judged, judgeNetwork},
	"create_network":      {judged, judgeCreateNetwork},
	"ports":               {class: judged}, // by optionRules, as --publish
	"platform":            {class: harmless},
	"ulimits":             {judged, judgeUlimit},
	"labels":              {judged, judgeLabel},
	"run_args":            {class: judged}, // by optionRules
	"progress":            {class: harmless},
	"pull":                {class: harmless},
	"image_entrypoint":    {class: harmless},
	"runtime":             {judged, judgeRuntime},
	"gosu_path":           {class: harmless},

	"build.dockerfile_content": {class: harmless},
	"build.args":               {judged, judgeArgument},
	"build.target":             {class: harmless},
}

func one(kind, value string, r config.Row) []Grant {
	return []Grant{{Kind: kind, Value: value, Pos: r.Pos}}
}

// judgeArgument: BUILDKIT_SYNTAX has BuildKit give the Dockerfile to another image, which may ask
// for all of the directory that the Dockerfile lies in. One with a variable in it is a variable of
// the builder's, and of the programs that it calls: text of the file's own beside could steer them.
func judgeArgument(d judge, r config.Row) []Grant {
	written := ""
	for _, e := range d.Raw.Build.Args {
		if e.Value.Pos == r.Pos {
			written = e.Value.V
		}
	}
	mixed := len(template.Variables(written)) > 0 && !template.OneVariable(written)
	if r.Key != "build.args.BUILDKIT_SYNTAX" && !mixed {
		return nil
	}
	return one("option", r.Key+" = "+r.Value, r)
}

// judgeTag: what the project chooses is a name that others may run an image by, also where
// there is none yet, unless it begins as those of the project do by default. Then the engine
// knows whether it is another project's, as that of ~/src/app-infra and its container dev is
// for ~/src/app and infra-dev.
func judgeTag(d judge, r config.Row) []Grant {
	if !d.Builds() || d.Raw.Build.Tag.V == config.DefaultTag {
		return nil
	}
	tag, unless := d.Settings.Build.Tag.V, ""
	if strings.HasPrefix(tag, "ctenv-"+slug.OfImage(d.Host.Project())+"-") {
		unless = tag
	}
	return []Grant{{Kind: "image", Value: tag, Pos: r.Pos, Unless: unless}}
}

// judgeSwitch is for a switch that asks where it is on.
func judgeSwitch(_ judge, r config.Row) []Grant {
	if r.Value != "true" {
		return nil
	}
	return one("option", r.Key+" = true", r)
}

func judgeGroup(_ judge, r config.Row) []Grant { return one("group", r.V.(string), r) }

// namedNetwork says whether a network is one that other containers, or the host, are on.
func namedNetwork(n string) bool { return n != "" && n != "none" && n != "bridge" }

func judgeNetwork(d judge, r config.Row) []Grant {
	if n := d.Settings.Network.V; namedNetwork(n) {
		return one("network", n, r)
	}
	return nil
}

func judgeCreateNetwork(d judge, r config.Row) []Grant {
	n := d.Settings.Network.V
	if !d.Settings.CreateNetwork.V || !namedNetwork(n) {
		return nil
	}
	if raw, ok := d.asWritten(d.Settings.Network.Pos); ok {
		n = d.Shown(raw)
	}
	return one("network", n+" (made where it is missing)", r)
}

// judgeName: on a network with a name the container's own is how others find it, so it
// could take the place of one that they mean.
func judgeName(d judge, r config.Row) []Grant {
	if !namedNetwork(d.Settings.Network.V) {
		return nil
	}
	return one("name", d.Settings.ContainerName.V, r)
}

// judgeLabel: labels with a dot are what other programs look for.
func judgeLabel(d judge, r config.Row) []Grant {
	for _, e := range d.Settings.Labels {
		if e.Value.Pos != r.Pos || !strings.Contains(e.Key, ".") {
			continue
		}
		return one("label", e.Key+"="+e.Value.V, r)
	}
	return nil
}

// judgeUlimit: rtprio and nice let a command run before all others of the machine.
func judgeUlimit(d judge, r config.Row) []Grant {
	for _, e := range d.Settings.Ulimits {
		if e.Value.Pos == r.Pos && (e.Key == "rtprio" || e.Key == "nice") {
			return one("option", "ulimits."+e.Key+" = "+e.Value.V, r)
		}
	}
	return nil
}

// judgeRuntime asks for "auto" too: the caller's own file may name a rootless engine.
func judgeRuntime(_ judge, r config.Row) []Grant { return one("runtime", r.V.(string), r) }

func judgeUnset(_ judge, r config.Row) []Grant {
	if r.V != "runtime" {
		return nil
	}
	return one("runtime", "auto", r)
}

// optionRule is the rule for one option of run_args.
type optionRule struct {
	class class
	kind  string                 // of the grant, "option" where it is ""
	judge func(runargs.Arg) bool // for class judged: whether it asks
}

// optionRules has every option of the run_args table.
var optionRules = map[string]optionRule{
	// The list of those that do no harm.
	"add-host": {}, "cap-drop": {}, "cpus": {}, "dns": {}, "expose": {}, "memory": {}, "no-healthcheck": {},
	"pids-limit": {}, "timeout": {}, "tz": {}, "umask": {}, "read-only": {}, "shm-size": {}, "stop-signal": {},
	"tmpfs":        {class: judged, judge: func(a runargs.Arg) bool { return !onlyTmpfs(a.Value) }},
	"security-opt": {class: judged, judge: func(a runargs.Arg) bool { return !onlyFewerPrivileges(a.Value) }},
	// A bind mount's path is judged as a volume's is.
	"mount": {class: judged, judge: func(a runargs.Arg) bool { return !a.InMemory() && !a.Bind() }},
	// Merged with a key, and judged as that.
	"env": {}, "env-file": {}, "label": {}, "ulimit": {}, "volume": {},

	"annotation": {class: asks}, "blkio-weight": {class: asks}, "blkio-weight-device": {class: asks}, "cap-add": {class: asks},
	"cgroup-parent": {class: asks}, "cgroupns": {class: asks}, "cpu-period": {class: asks}, "cpu-quota": {class: asks},
	"cpu-rt-period": {class: asks}, "cpu-rt-runtime": {class: asks}, "cpu-shares": {class: asks}, "cpuset-cpus": {class: asks},
	"cpuset-mems": {class: asks}, "device": {class: asks, kind: "device"}, "device-cgroup-rule": {class: asks, kind: "device"},
	"device-read-bps": {class: asks}, "device-read-iops": {class: asks}, "device-write-bps": {class: asks}, "device-write-iops": {class: asks},
	"dns-option": {class: asks}, "dns-search": {class: asks}, "domainname": {class: asks}, "gpus": {class: asks, kind: "device"},
	"health-cmd": {class: asks}, "health-interval": {class: asks}, "health-retries": {class: asks}, "health-start-interval": {class: asks},
	"health-start-period": {class: asks}, "health-timeout": {class: asks}, "ip": {class: asks, kind: "network"}, "ip6": {class: asks, kind: "network"},
	"ipc": {class: asks}, "link": {class: asks, kind: "network"}, "link-local-ip": {class: asks, kind: "network"}, "log-driver": {class: asks},
	"log-opt": {class: asks}, "mac-address": {class: asks, kind: "network"}, "memory-reservation": {class: asks}, "memory-swap": {class: asks},
	"memory-swappiness": {class: asks}, "network-alias": {class: asks, kind: "name"}, "oom-kill-disable": {class: asks}, "oom-score-adj": {class: asks},
	"pid": {class: asks}, "privileged": {class: asks}, "publish": {class: asks, kind: "port"}, "publish-all": {class: asks, kind: "port"},
	"runtime": {class: asks}, "stop-timeout": {class: asks}, "storage-opt": {class: asks}, "sysctl": {class: asks}, "userns": {class: asks},
	"uts": {class: asks}, "volume-driver": {class: asks}, "volumes-from": {class: asks, kind: "volume"},
}

// onlyFewerPrivileges says whether a security option takes something away for sure.
func onlyFewerPrivileges(value string) bool {
	return value == "no-new-privileges" || value == "no-new-privileges=true" || value == "no-new-privileges:true"
}

// tmpfsOptions are those of a --tmpfs that are about that file system alone.
var tmpfsOptions = []string{"rw", "ro", "exec", "noexec", "suid", "nosuid", "dev", "nodev", "size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "noatime", "relatime", "nodiratime", "sync"}

// onlyTmpfs says whether a --tmpfs makes a file system in memory and nothing else. Engines hand
// its options to mount(2): with remount those of what lies there already are changed, so that a
// read-only mount of the host's becomes writable.
func onlyTmpfs(value string) bool {
	_, options, _ := strings.Cut(value, ":")
	for _, o := range strings.Split(options, ",") {
		name, _, _ := strings.Cut(o, "=")
		if name != "" && !slices.Contains(tmpfsOptions, name) {
			return false
		}
	}
	return true
}
