//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/docker/docker/client"
	"github.com/rogpeppe/go-internal/testscript"
)

// What scripts/ensure-rootless.sh sets up for the ordinary user.
const (
	stateDir   = "/var/lib/ctenv-test"
	runtimeDir = "/run/ctenv-test"
)

// testEngine is an engine that the scripts run on.
type testEngine struct {
	name             string
	podman, rootless bool
	major            int // of its version

	// env is what it takes to reach the engine, for ctenv and the engine's own
	// command alike.
	env map[string]string
	// address of its interface, podman's of the service that serve starts.
	address string
	// asUser: its own command runs as the ordinary user.
	asUser bool
}

// enginesVar chooses the engines; without it they are all that answer.
const enginesVar = "CTENV_TEST_ENGINES"

// podmanEnv keeps the tests' images and containers apart from other ones, whatever
// HOME is.
func podmanEnv(dir string) map[string]string {
	return map[string]string{
		"CONTAINERS_STORAGE_CONF": filepath.Join(dir, "storage.conf"),
		"CONTAINERS_CONF":         filepath.Join(dir, "containers.conf"),
	}
}

// knownEngines are those that CTENV_TEST_ENGINES can name.
func knownEngines() []*testEngine {
	podman := &testEngine{name: "podman", podman: true, rootless: true, asUser: true, env: podmanEnv(stateDir + "/podman")}
	podman.env["XDG_RUNTIME_DIR"] = runtimeDir + "/podman"
	podman.address = serviceAddress("podman")
	podman.env["CONTAINER_HOST"] = podman.address
	rootless := "unix://" + runtimeDir + "/docker/docker.sock"
	return []*testEngine{
		{name: "docker", address: client.DefaultDockerHost},
		{name: "docker-rootless", rootless: true, address: rootless, env: map[string]string{
			"XDG_RUNTIME_DIR": runtimeDir + "/docker",
			"DOCKER_HOST":     rootless,
		}},
		podman,
	}
}

// podmanOfRoot is the engine of a caller who is root. Its service is the suite's alone.
func podmanOfRoot() *testEngine {
	return &testEngine{
		name: "podman-rootful", podman: true, address: serviceAddress("podman-rootful"), env: podmanEnv(stateDir + "/podman-rootful"),
	}
}

func serviceAddress(name string) string {
	return "unix://" + filepath.Join(runtimeDir, name, fmt.Sprintf("podman-%d.sock", os.Getpid()))
}

// engines are those that the tests run on.
var engines []*testEngine

// findEngines sets engines, or says which one that was asked for is missing.
func findEngines() error {
	asked, chosen := os.LookupEnv(enginesVar)
	wanted := strings.Fields(asked)
	known := knownEngines()
	for _, name := range wanted {
		if !slices.ContainsFunc(known, func(e *testEngine) bool { return e.name == name }) {
			return fmt.Errorf("%s: no engine is called %q", enginesVar, name)
		}
	}
	var found []string
	var missing error
	for _, e := range known {
		if chosen && !slices.Contains(wanted, e.name) {
			continue
		}
		version, err := e.version()
		if err != nil {
			missing = errors.Join(missing, fmt.Errorf("%s: %w", e.name, err))
			continue
		}
		_, _ = fmt.Sscan(version, &e.major) // it ends at the first dot
		engines = append(engines, e)
		found = append(found, e.name+" "+version)
	}
	if len(engines) == 0 || chosen && missing != nil {
		return fmt.Errorf("an engine is missing: %w", missing)
	}
	fmt.Fprintln(os.Stderr, "==> engines:", strings.Join(found, ", "))
	return nil
}

// version asks the engine for its version, and whether it has the tests' images.
func (e *testEngine) version() (string, error) {
	format := "{{.Server.Version}}"
	if e.podman {
		format = "{{.Client.Version}}"
	}
	version, err := e.run("version", "--format", format)
	if err != nil {
		return "", err
	}
	_, err = e.run("image", "inspect", "ctenv-test/debian", "ctenv-test/pacman")
	return strings.TrimSpace(version), err
}

// command is the engine's own command. docker runs as root, podman as whoever
// owns what it holds.
func (e *testEngine) command(args ...string) *exec.Cmd {
	program := "docker"
	if e.podman {
		program = "podman"
	}
	cmd := exec.Command(program, args...)
	cmd.Env = os.Environ()
	for name, value := range e.env {
		if name != "CONTAINER_HOST" { // podman itself needs no service
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	if e.asUser {
		cmd.Dir = "/"
		cmd.Env = append(cmd.Env, "HOME="+stateDir+"/home", "USER="+ordinary.name)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(ordinary.uid), Gid: uint32(ordinary.gid)}}
	}
	return cmd
}

// run runs the engine's own command and returns what it printed.
func (e *testEngine) run(args ...string) (string, error) {
	cmd := e.command(args...)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(out), fmt.Errorf("%s %s: %s", cmd.Args[0], strings.Join(args, " "), strings.TrimSpace(string(exit.Stderr)))
	}
	return string(out), err
}

// serve starts podman's service, and returns how to end it: with an error where it
// has ended by itself. The other engines run already.
func (e *testEngine) serve() (stop func() error, err error) {
	if !e.podman {
		return func() error { return nil }, nil
	}
	log, err := os.Create(filepath.Join(scratch, e.name+"-service.log"))
	if err != nil {
		return nil, err
	}
	socket := strings.TrimPrefix(e.address, "unix://")
	if err := os.MkdirAll(filepath.Dir(socket), 0o755); err != nil {
		return nil, err
	}
	cmd := e.command("system", "service", "--time=0", e.address)
	cmd.Stdout, cmd.Stderr = log, log
	if err := errors.Join(cmd.Start(), log.Close()); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Wait()
	}()
	stop = func() error {
		defer os.Remove(socket)
		select {
		case err := <-ended:
			said, _ := os.ReadFile(log.Name())
			return fmt.Errorf("podman's service ended by itself, %v; the end of what it said:\n%s", err, said[max(0, len(said)-4096):])
		default:
		}
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		return nil
	}
	for deadline := time.Now().Add(stepTimeout); ; time.Sleep(50 * time.Millisecond) {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			return stop, conn.Close()
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(fmt.Errorf("podman's service does not answer: %w", err), stop())
		}
	}
}

// engineVar tells the programs of the scripts which engine is theirs.
const engineVar = "E2E_ENGINE"

// engineMain becomes the engine's own command.
func engineMain(args []string) error {
	known := append(knownEngines(), podmanOfRoot())
	i := slices.IndexFunc(known, func(e *testEngine) bool { return e.name == os.Getenv(engineVar) })
	if i < 0 {
		return fmt.Errorf("%s=%q is no engine", engineVar, os.Getenv(engineVar))
	}
	e := known[i]
	if e.podman && e.rootless && len(args) > 0 && args[0] == "run" {
		// The same ids on the host as in ctenv's containers.
		args = append([]string{"run", "--userns=keep-id", "--user=0:0"}, args[1:]...)
	}
	cmd := e.command(args...)
	if host, ok := os.LookupEnv("DOCKER_HOST"); ok {
		cmd.Env = append(cmd.Env, "DOCKER_HOST="+host) // a script may have an engine of its own
	}
	cmd.Env = slices.DeleteFunc(cmd.Env, func(kv string) bool { return strings.HasPrefix(kv, "CONTAINER_HOST=") })
	cmd.Dir = ""
	if e.asUser {
		if err := become(ordinary.uid, ordinary.gid, nil); err != nil {
			return err
		}
	}
	if e.podman && slices.Equal(args[:min(2, len(args))], []string{"image", "ls"}) {
		return listImages(cmd)
	}
	return execProgram(cmd.Args, cmd.Environ())
}

// listImages tries again where podman has met an image that another script removes meanwhile:
// it gives up the whole list then.
func listImages(cmd *exec.Cmd) error {
	for range 20 {
		again := exec.Command(cmd.Path, cmd.Args[1:]...)
		again.Env = cmd.Env
		out, err := again.Output()
		failed := (*exec.ExitError)(nil)
		if errors.As(err, &failed) && strings.Contains(string(failed.Stderr), "image not known") {
			continue
		}
		if errors.As(err, &failed) {
			os.Stderr.Write(failed.Stderr)
		}
		os.Stdout.Write(out)
		return err
	}
	return errors.New("images came and went at each of 20 tries")
}

// variables are what a script has of its engine. CUID, CGID and CGROUP are the
// caller's as a container shows them: root of a rootless docker is the user who
// runs it. ROOT is what the host shows of what a container's root makes.
func (e *testEngine) variables(caller identity) map[string]string {
	vars := map[string]string{engineVar: e.name}
	maps.Copy(vars, caller.variables())
	vars["CUID"], vars["CGID"] = vars["UID"], vars["GID"]
	vars["CGROUP"], vars["ROOT"] = caller.name, "0:0"
	switch {
	case e.rootless && e.podman:
		vars["ROOT"] = firstID("/etc/subuid") + ":" + firstID("/etc/subgid")
	case e.rootless:
		vars["CUID"], vars["CGID"], vars["CGROUP"] = "0", "0", "root"
		vars["ROOT"] = vars["UID"] + ":" + vars["GID"]
	}
	maps.Copy(vars, e.env)
	return vars
}

// firstID is the first id of the ordinary user's range in subuid(5) or subgid(5).
func firstID(file string) string {
	data, _ := os.ReadFile(file)
	_, rest, _ := strings.Cut("\n"+string(data), "\n"+ordinary.name+":")
	id, _, _ := strings.Cut(rest, ":")
	return id
}

// condition answers for the conditions of scripts, [docker] and the like.
func (e *testEngine) condition(cond string) (bool, error) {
	switch cond {
	case "docker":
		return !e.podman, nil
	case "podman":
		return e.podman, nil
	case "docker20":
		return !e.podman && e.major == 20, nil
	case "docker28":
		return !e.podman && e.major >= 28, nil
	case "podman5":
		return e.podman && e.major >= 5, nil
	case "rootless":
		return e.rootless, nil
	case "rootful":
		return !e.rootless, nil
	case "as-root":
		return e.rootless && !e.podman, nil
	case "again":
		return e.after(func(*testEngine) bool { return true }), nil
	case "again-kind":
		return e.after(func(other *testEngine) bool { return other.podman == e.podman }), nil
	}
	return false, fmt.Errorf("condition %q is unknown", cond)
}

// everyVar has each script run on each engine that can.
const everyVar = "CTENV_TEST_EVERY"

// after says whether the suite has run its scripts on an engine like that before. What is
// decided before an engine is asked, or by ctenv-init alone, is tried on one of them
// ([again] skip), and what is the same for docker's daemon whoever runs it on one of each
// kind ([again-kind] skip).
func (e *testEngine) after(like func(*testEngine) bool) bool {
	i := slices.Index(engines, e)
	return i > 0 && os.Getenv(everyVar) == "" && slices.ContainsFunc(engines[:i], like)
}

// commands are the scripts' own. An argument in brackets may be left out, of one with "..."
// there may be more.
func (e *testEngine) commands() map[string]func(*testscript.TestScript, bool, []string) {
	all := map[string]func(*testscript.TestScript, bool, []string){}
	for usage, run := range map[string]func(*testscript.TestScript, []string){
		"await PATH [REGEXP]":            cmdAwait,
		"owner UID:GID PATH...":          cmdOwner,
		"acl UID PATH...":                cmdACL,
		"signal NAME":                    cmdSignal,
		"mounted [OPTION]... SOURCE DIR": cmdMounted,
		"buildx":                         cmdBuildx,
		"ownengine IMAGE [OPTION]...":    cmdOwnEngine,
		"farengine IMAGE":                cmdFarEngine,
		"sshd":                           cmdSSHD,
		"registry [private]":             cmdRegistry,
		"publish IMAGE NAME":             cmdPublish,
		"stall [mute]":                   cmdStall,
		"proxy DIR":                      e.cmdProxy,
		"identity NAME UID GID":          e.cmdIdentity,
		"noservice":                      cmdNoService,
		"newvolume NAME":                 e.cmdNewVolume,
		"tag IMAGE NAME":                 e.cmdTag,
		"network NAME":                   e.cmdNetwork,
		"nocontainers":                   e.cmdNoContainers,
	} {
		words := strings.Fields(usage)
		most := len(words) - 1
		least := most - strings.Count(usage, "[")
		all[words[0]] = func(ts *testscript.TestScript, neg bool, args []string) {
			if neg || len(args) < least || len(args) > most && !strings.Contains(usage, "...") {
				ts.Fatalf("usage: %s", usage)
			}
			run(ts, args)
		}
	}
	return all
}
