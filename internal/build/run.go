package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/moby/term"

	"ctenv/internal/hint"
	"ctenv/internal/podmancheck"
	"ctenv/internal/tty"
)

const (
	// terminalGrace is how long a builder may take to notice a Ctrl-C by itself: a
	// terminal sends it to all that runs in the foreground.
	terminalGrace = 200 * time.Millisecond
	// cancelGrace is how long a builder may take to clean up.
	cancelGrace = 10 * time.Second
)

// MissingError says that the command that builds images is not there.
type MissingError struct{ Program string }

func (e *MissingError) Error() string {
	return fmt.Sprintf("building an image needs the %s command, and there is none on PATH", e.Program)
}

// Find looks for the builder: podman's where forPodman says so, else docker's, with
// BuildKit where that is installed. An error is a *MissingError, ctx's, that of a
// command which cannot be started, or says that docker is another program.
func Find(ctx context.Context, environ []string, forPodman bool) (Builder, error) {
	b := buildx
	if forPodman {
		b = podman
	}
	if _, err := exec.LookPath(b.words[0]); err != nil {
		return Builder{}, &MissingError{b.words[0]}
	}
	switch {
	case forPodman:
		return b, nil
	case wantsLegacy(environ):
		return legacy, isDockers(ctx, environ)
	}
	// docker knows best where its plugins lie.
	out, err := ask(ctx, environ, "docker", "buildx", "version")
	switch {
	case ctx.Err() != nil:
		return b, ctx.Err()
	case err == nil && strings.Contains(out, "/buildx"): // github.com/docker/buildx v0.17.1 …
		return b, nil
	case err == nil:
		return b, isDockers(ctx, environ)
	case !errors.As(err, new(*exec.ExitError)): // it was not started, as where there may be no more processes
		return b, err
	}
	b = legacy
	b.NoBuildKit = true
	return b, isDockers(ctx, environ)
}

// isDockers refuses a command docker that is podman (the package podman-docker): it heeds no
// DOCKER_HOST and builds here, where a Dockerfile has all of the caller's files within reach,
// which nobody was asked about for docker's engine.
func isDockers(ctx context.Context, environ []string) error {
	out, err := ask(ctx, environ, "docker", "--version")
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && !errors.As(err, new(*exec.ExitError)):
		return err
	case strings.Contains(out, "Docker version"):
		return nil
	}
	line, _, _ := strings.Cut(strings.TrimSpace(out), "\n")
	return hint.Failed(fmt.Errorf("the docker command is another program, which would not build on docker's engine: docker --version says %q", line),
		"install docker's own command (docker-cli or docker-ce-cli), or set runtime = \"podman\"")
}

// ask runs a command that is over at once, and gives what it prints.
func ask(ctx context.Context, environ []string, words ...string) (string, error) {
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = environ
	out, err := cmd.Output()
	return string(out), err
}

// at is the builder on an engine that it does not find by itself, and the
// environment that it needs. For what buildx notes of an image's source it runs git in the
// context, whose configuration, a repository's or a container's, can name commands.
func (t Builder) at(address string, environ []string) (Builder, []string) {
	environ = slices.Insert(slices.Clone(environ), 0, "BUILDX_GIT_INFO=false")
	switch {
	case address == "" && t.words[0] == podman.words[0]:
		environ = podmancheck.Local(environ) // as the engine that was found
	case address == "":
	case t.words[0] == podman.words[0]:
		t.words = append([]string{t.words[0], "--url=" + address}, t.words[1:]...)
	default:
		environ = append(environ, "DOCKER_HOST="+address)
	}
	return t, environ
}

// wantsLegacy says whether the user has turned BuildKit off, as docker reads it.
func wantsLegacy(environ []string) bool {
	for _, kv := range environ {
		if value, ok := strings.CutPrefix(kv, "DOCKER_BUILDKIT="); ok {
			on, err := strconv.ParseBool(value)
			return err == nil && !on
		}
	}
	return false
}

// errSpoiled is a build that podman spoiled by itself. The same build again goes well.
var errSpoiled = errors.New("podman spoiled it")

// spoiled are what podman says last of such a build: that another process removed an image
// while it looked at all of them for steps that are built already, and, before 4.6, that it
// killed the step itself, since the kernel ends what dies with its parent when the parent's
// thread ends (podman#17918). A step that memory runs out for ends otherwise.
var spoiled = []string{"layer not known", "while running runtime: signal: killed"}

// lastWords passes on what is written, and keeps the end of it.
type lastWords struct {
	io.Writer
	kept []byte
}

func (l *lastWords) Write(p []byte) (int, error) {
	const enough = 1024
	l.kept = append(l.kept, p...)
	l.kept = l.kept[max(0, len(l.kept)-enough):]
	return l.Writer.Write(p)
}

// spoiled says whether the last line of what was said is of such a build.
func (l *lastWords) spoiled() bool {
	said := bytes.TrimRight(l.kept, "\n")
	said = said[bytes.LastIndexByte(said, '\n')+1:]
	return slices.ContainsFunc(spoiled, func(words string) bool { return bytes.Contains(said, []byte(words)) })
}

// run runs a builder to its end, with stdin as its input. All that it prints goes
// to out. An error is, beside exec's, errSpoiled: a builder that writes to a terminal by
// itself, where out is one, is not heard. The first signal cancels the build: then the error is a hint.Status. One
// more ends this process, as if nothing had caught it.
func run(ctx context.Context, words, environ []string, stdin string, out io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := tty.OnFirst(func(sig syscall.Signal) { cancel(hint.Status(128 + int(sig))) }, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer stop()

	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = environ
	cmd.Stdin = strings.NewReader(stdin)
	var said *lastWords
	if file, ok := out.(*os.File); words[0] == podman.words[0] && !(ok && term.IsTerminal(file.Fd())) {
		said = &lastWords{Writer: out}
		out = said
	}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Cancel = func() error {
		if errors.As(context.Cause(ctx), new(hint.Status)) {
			time.Sleep(terminalGrace)
		}
		return cmd.Process.Signal(syscall.SIGTERM)
	}
	cmd.WaitDelay = cancelGrace
	err := cmd.Run()
	if caught := hint.Status(0); errors.As(context.Cause(ctx), &caught) {
		return caught
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && said != nil && said.spoiled() {
		return fmt.Errorf("%w (%w)", errSpoiled, err)
	}
	return err
}
