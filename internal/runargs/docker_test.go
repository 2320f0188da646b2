package runargs

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
)

// testdata/docker.json holds what docker's own command sends for each line of
// values below. With -record it is written anew, by running docker against a
// server that only listens; no engine is needed.
var record = flag.Bool("record", false, "record what the docker command sends")

const recording = "testdata/docker.json"

// values has good and bad values of every option. Several options of docker go
// into one line, between white space; those before "|" are not ours but belong
// to docker's line.
var values = map[string]struct{ good, bad []string }{
	"add-host":              {[]string{"--add-host=db:10.0.0.1", "--add-host=db=[::1]", "--add-host=host:host-gateway"}, []string{"--add-host=db", "--add-host=db:nowhere"}},
	"annotation":            {[]string{"--annotation=a=b --annotation=c=d"}, []string{"--annotation="}},
	"blkio-weight":          {[]string{"--blkio-weight=300"}, []string{"--blkio-weight=5", "--blkio-weight=x"}},
	"blkio-weight-device":   {[]string{"--blkio-weight-device=/dev/sda:300"}, []string{"--blkio-weight-device=sda:1"}},
	"cap-add":               {[]string{"--cap-add=net_admin --cap-add=CAP_SYS_PTRACE"}, []string{"--cap-add=", "--cap-add=SYS_PTRACE,NET_ADMIN"}},
	"cap-drop":              {[]string{"--cap-drop=ALL"}, []string{"--cap-drop="}},
	"cgroup-parent":         {[]string{"--cgroup-parent=/builds"}, []string{"--cgroup-parent="}},
	"cgroupns":              {[]string{"--cgroupns=host"}, []string{"--cgroupns=other"}},
	"cpu-period":            {[]string{"--cpu-period=100000"}, []string{"--cpu-period=-1", "--cpu-period=1s"}},
	"cpu-quota":             {[]string{"--cpu-quota=50000"}, []string{"--cpu-quota=half"}},
	"cpu-rt-period":         {[]string{"--cpu-rt-period=1000000"}, []string{"--cpu-rt-period=x"}},
	"cpu-rt-runtime":        {[]string{"--cpu-rt-runtime=950000"}, []string{"--cpu-rt-runtime=x"}},
	"cpu-shares":            {[]string{"--cpu-shares=512", "-c=0x10"}, []string{"--cpu-shares=lots"}},
	"cpus":                  {[]string{"--cpus=1.5", "--cpus=1/2"}, []string{"--cpus=two", "--cpus=1e999999999", "--cpus=0.00000000001"}},
	"cpuset-cpus":           {[]string{"--cpuset-cpus=0-3,6"}, []string{"--cpuset-cpus=3-0", "--cpuset-cpus=all", "--cpuset-cpus=1,"}},
	"cpuset-mems":           {[]string{"--cpuset-mems=0"}, []string{"--cpuset-mems=-"}},
	"device":                {[]string{"--device=/dev/fuse", "--device=/dev/a:/dev/b", "--device=/dev/a:rw --device=/dev/c:/dev/d:m", "--device=vendor.com/gpu=0 --device=vendor.com/gpu=1"}, []string{"--device=fuse", "--device=/dev/a:/dev/b:x", "--device=/dev/a:b:c:d", "--device=:/dev/a"}},
	"device-cgroup-rule":    {[]string{"--device-cgroup-rule=c\u00a042:*\u00a0rmw"}, []string{"--device-cgroup-rule=c 42 rmw", "--device-cgroup-rule=x 42:* rmw", "--device-cgroup-rule=c 42:1 rr"}},
	"device-read-bps":       {[]string{"--device-read-bps=/dev/sda:1mb"}, []string{"--device-read-bps=/dev/sda:fast"}},
	"device-read-iops":      {[]string{"--device-read-iops=/dev/sda:1000"}, []string{"--device-read-iops=/dev/sda:1k"}},
	"device-write-bps":      {[]string{"--device-write-bps=/dev/sda:1mb"}, []string{"--device-write-bps=sda:1mb"}},
	"device-write-iops":     {[]string{"--device-write-iops=/dev/sda:1000"}, []string{"--device-write-iops=/dev/sda"}},
	"dns":                   {[]string{"--dns=9.9.9.9 --dns=2620:fe::fe"}, []string{"--dns=quad9"}},
	"dns-option":            {[]string{"--dns-option=ndots:2", "--dns-opt=rotate"}, []string{"--dns-option="}},
	"dns-search":            {[]string{"--dns-search=example.org", "--dns-search=."}, []string{"--dns-search=!"}},
	"domainname":            {[]string{"--domainname=example.org"}, []string{"--domainname="}},
	"env":                   {nil, []string{"--env=", "--env==x"}},
	"env-file":              {nil, []string{"--env-file="}},
	"expose":                {[]string{"--expose=80", "--expose=8000-8002/udp"}, []string{"--expose=80:80", "--expose=http", "--expose=9-8"}},
	"gpus":                  {[]string{"--gpus=all", "--gpus=2", "--gpus=device=0"}, []string{"--gpus=some", "--gpus=colour=red"}},
	"health-cmd":            {[]string{"--health-cmd=true --health-interval=30s"}, []string{"--health-cmd="}},
	"health-interval":       {[]string{"--health-interval=1m30s"}, []string{"--health-interval=30", "--health-interval=-1s", "--health-interval=1us"}},
	"health-retries":        {[]string{"--health-retries=3"}, []string{"--health-retries=-3"}},
	"health-start-interval": {[]string{"--health-start-interval=1s"}, []string{"--health-start-interval=soon"}},
	"health-start-period":   {[]string{"--health-start-period=1s"}, []string{"--health-start-period=soon"}},
	"health-timeout":        {[]string{"--health-timeout=1s"}, []string{"--health-timeout=soon"}},
	"ip":                    {[]string{"--network=office | --ip=172.30.0.4"}, []string{"--ip=::1", "--ip=here"}},
	"ip6":                   {[]string{"--network=office | --ip6=2001:db8::33"}, []string{"--ip6=1.2.3.4", "--ip6=fe80::1%eth0"}},
	"ipc":                   {[]string{"--ipc=host", "--ipc=container:db"}, []string{"--ipc=public"}},
	"label":                 {nil, []string{"--label==x", "--label=a b=c"}},
	"link":                  {[]string{"--link=db:database", "--network=office | --link=db"}, []string{"--link=a:b:c"}},
	"link-local-ip":         {[]string{"--network=office | --link-local-ip=169.254.1.1 --ip=172.30.0.4"}, []string{"--link-local-ip=x"}},
	"log-driver":            {[]string{"--log-driver=journald"}, []string{"--log-driver=", "--log-driver=none --log-opt=tag=x"}},
	"log-opt":               {[]string{"--log-opt=max-size=1m --log-opt=max-file=2"}, []string{"--log-opt=max-size"}},
	"mac-address":           {[]string{"--mac-address=92:d0:c6:0a:29:33", "--network=office | --mac-address=92:d0:c6:0a:29:33"}, []string{"--mac-address=92:d0"}},
	"memory":                {[]string{"--memory=512m", "-m=2g", "-m1024"}, []string{"--memory=much", "--memory=-1"}},
	"memory-reservation":    {[]string{"--memory-reservation=256m"}, []string{"--memory-reservation=x"}},
	"memory-swap":           {[]string{"--memory-swap=1g", "--memory-swap=-1"}, []string{"--memory-swap=-2"}},
	"memory-swappiness":     {[]string{"--memory-swappiness=60"}, []string{"--memory-swappiness=101", "--memory-swappiness=-2"}},
	"mount":                 {[]string{"--mount=type=bind,src=/srv,dst=/srv,ro --mount=type=tmpfs,target=/t,tmpfs-size=1m", "--mount=source=cache,target=/cache,volume-nocopy"}, []string{"--mount=type=bind", "--mount=type=bind,src=/a,dst=b", "--mount=what=x,dst=/y", "--mount=type=bind,src=/a,dst=/b,bind-nonrecursive=true"}},
	"network-alias":         {[]string{"--network=office | --network-alias=web --network-alias=www", "--network=office | --net-alias=web"}, []string{"--network-alias="}},
	"no-healthcheck":        {[]string{"--no-healthcheck"}, []string{"--no-healthcheck --health-cmd=true", "--no-healthcheck=x"}},
	"oom-kill-disable":      {[]string{"--oom-kill-disable"}, []string{"--oom-kill-disable=x"}},
	"oom-score-adj":         {[]string{"--oom-score-adj=-500"}, []string{"--oom-score-adj=2000"}},
	"pid":                   {[]string{"--pid=host", "--pid=container:db"}, []string{"--pid=1"}},
	"pids-limit":            {[]string{"--pids-limit=100", "--pids-limit=-1"}, []string{"--pids-limit=few", "--pids-limit=-2"}},
	"privileged":            {[]string{"--privileged", "--privileged=true"}, []string{"--privileged=maybe"}},
	"publish":               {[]string{"--publish=8080:80", "-p8080:80 -p=127.0.0.1:8443:443/tcp", "-p=80 -p=81:80", "--publish=9000-9001:9000-9001/udp", "--publish=published=8080,target=80,protocol=udp"}, []string{"--publish=http", "--publish=1:2:3:4", "--publish=published=80", "--publish=target=80,mode=host"}},
	"publish-all":           {[]string{"--publish-all", "-P"}, []string{"--publish-all=x"}},
	"read-only":             {[]string{"--read-only"}, []string{"--read-only=x"}},
	"runtime":               {[]string{"--runtime=runsc"}, []string{"--runtime=podman"}},
	"security-opt":          {[]string{"--security-opt=no-new-privileges", "--security-opt=no-new-privileges:true", "--security-opt=label:disable --security-opt=apparmor=unconfined", "--security-opt=seccomp=unconfined", "--security-opt=seccomp=testdata/seccomp.json", "--security-opt=systempaths=unconfined --security-opt=label=disable"}, []string{"--security-opt=seccomp", "--security-opt=label="}},
	"shm-size":              {[]string{"--shm-size=1g"}, []string{"--shm-size=big"}},
	"stop-signal":           {[]string{"--stop-signal=SIGINT", "--stop-signal=2", "--stop-signal=RTMIN+3"}, []string{"--stop-signal=65", "--stop-signal=SIG", "--stop-signal=a_b"}},
	"stop-timeout":          {[]string{"--stop-timeout=0", "--stop-timeout=30"}, []string{"--stop-timeout=30s"}},
	"storage-opt":           {[]string{"--storage-opt=size=10G"}, []string{"--storage-opt=size"}},
	"sysctl":                {[]string{"--sysctl=net.core.somaxconn=1024"}, []string{"--sysctl=vm.swappiness=1", "--sysctl=net.x"}},
	"timeout":               {nil, []string{"--timeout=1m", "--timeout=-1"}},
	"tmpfs":                 {[]string{"--tmpfs=/tmp --tmpfs=/run:size=1m,mode=1777"}, []string{"--tmpfs=tmp"}},
	"tz":                    {nil, []string{"--tz=../../etc/passwd", "--tz=/etc/passwd", "--tz=UTC:rw", "--tz=a//b"}},
	"ulimit":                {nil, []string{"--ulimit=nofile", "--ulimit=nofile=2:1", "--ulimit=nofile=x", "--ulimit=files=1"}},
	"umask":                 {nil, []string{"--umask=27", "--umask=1777", "--umask=0888", "--umask=00027"}},
	"userns":                {[]string{"--userns=host"}, []string{"--userns=private"}},
	"uts":                   {[]string{"--uts=host"}, []string{"--uts=private"}},
	"volume":                {nil, []string{"--volume="}},
	"volume-driver":         {[]string{"--volume-driver=nfs"}, []string{"--volume-driver="}},
	"volumes-from":          {[]string{"--volumes-from=data:ro"}, []string{"--volumes-from="}},
}

// words splits a line; a no-break space stands for a space in a word.
func words(line string) []string {
	ws := strings.Fields(strings.ReplaceAll(line, "\u00a0", "\x00"))
	for i, w := range ws {
		ws[i] = strings.ReplaceAll(w, "\x00", " ")
	}
	return ws
}

// TestDocker compares what Apply makes of each option with what docker's command
// sends.
func TestDocker(t *testing.T) {
	want := map[string]map[string]string{}
	if *record {
		want = recordDocker(t)
	} else {
		b, err := os.ReadFile(recording)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range options {
		v := values[o.name]
		if len(v.good) == 0 && o.key == "" && !o.podman || len(v.bad) == 0 {
			t.Errorf("--%s lacks a good or a bad value", o.name)
		}
		for _, line := range v.good {
			t.Run(line, func(t *testing.T) {
				var host container.HostConfig
				ours := line
				if theirs, rest, ok := strings.Cut(line, " | "); ok {
					host.NetworkMode = container.NetworkMode(strings.TrimPrefix(theirs, "--network="))
					ours = rest
				}
				before := leaves(t, &container.Config{}, &host, &network.NetworkingConfig{})
				args, err := Parse(words(ours))
				if err != nil {
					t.Fatal(err)
				}
				var config container.Config
				var nets network.NetworkingConfig
				if err := Apply(args, profilesOf(t, args), &config, &host, &nets); err != nil {
					t.Fatal(err)
				}
				// What the API client does after Apply, for an engine that knows API 1.44.
				//lint:ignore SA1019 set for engines before API 1.44
				config.MacAddress = ""
				got := changes(before, leaves(t, &config, &host, &nets))
				if w, ok := want[line]; !ok {
					t.Errorf("not in %s: run go test -record", recording)
				} else if !maps.Equal(got, w) {
					t.Errorf("got  %v\nwant %v", got, w)
				}
			})
		}
		for _, line := range v.bad {
			t.Run(line, func(t *testing.T) {
				bad := []string{line}
				if strings.Contains(line, " --") {
					bad = strings.Fields(line)
				}
				args, err := Parse(bad)
				var e *Error
				if !errors.As(err, &e) {
					t.Fatalf("got %v, %v, want an *Error", args, err)
				}
				if !strings.HasPrefix(err.Error(), "run_args: --") || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "strconv") {
					t.Errorf("error %q does not name the option in one line, without words of Go", err)
				}
			})
		}
	}
}

// leaves flattens the request's JSON: the path of each value that is no table.
func leaves(t *testing.T, c *container.Config, h *container.HostConfig, n *network.NetworkingConfig) map[string]string {
	t.Helper()
	b, err := json.Marshal(container.CreateRequest{Config: c, HostConfig: h, NetworkingConfig: n})
	if err != nil {
		t.Fatal(err)
	}
	return flatten(t, b)
}

func flatten(t *testing.T, body []byte) map[string]string {
	t.Helper()
	out := map[string]string{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		if m, ok := v.(map[string]any); ok && len(m) > 0 {
			for k, v := range m {
				walk(path+"/"+k, v)
			}
			return
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out[path] = string(b)
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	walk("", v)
	return out
}

// changes are the values that after has and before has not, less those that say
// nothing.
func changes(before, after map[string]string) map[string]string {
	out := map[string]string{}
	for path, v := range after {
		old, known := before[path]
		empty := v == `""` || v == "0" || v == "null" || v == "false"
		if old != v && (known || !empty) {
			out[path] = v
		}
	}
	return out
}

func recordDocker(t *testing.T) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, v := range values {
		for _, line := range v.good {
			theirs, ours, ok := strings.Cut(line, " | ")
			if !ok {
				theirs, ours = "", line
			}
			before := dockerSends(t, words(theirs))
			after := dockerSends(t, append(words(theirs), words(ours)...))
			out[line] = changes(before, after)
		}
	}
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(recording, append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	return out
}

// dockerSends runs `docker create` and returns the body of its request.
func dockerSends(t *testing.T, args []string) map[string]string {
	t.Helper()
	var body []byte
	mux := http.NewServeMux()
	mux.HandleFunc("/_ping", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Api-Version", "1.50")
		w.Header().Set("Ostype", "linux")
	})
	mux.HandleFunc("/v1.50/containers/create", func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"Id":"recorded"}`)
	})
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: mux}
	defer server.Close()
	go func() { _ = server.Serve(listener) }()

	cmd := exec.Command("docker", slices.Concat([]string{"-H", "unix://" + socket, "create"}, args, []string{"image"})...)
	cmd.Env = append(os.Environ(), "DOCKER_CONFIG="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("docker create %q: %v\n%s", args, err, out)
	}
	return flatten(t, body)
}

// profilesOf reads the seccomp profiles that args name.
func profilesOf(t *testing.T, args []Arg) map[string]string {
	t.Helper()
	profiles := map[string]string{}
	for _, a := range args {
		if file := a.Profile(); file != "" {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var compact bytes.Buffer
			if err := json.Compact(&compact, data); err != nil {
				t.Fatal(err)
			}
			profiles[file] = compact.String()
		}
	}
	return profiles
}
