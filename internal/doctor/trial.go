package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/engine"
	"ctenv/internal/engine/inventory"
	"ctenv/internal/engine/process"
	"ctenv/internal/hint"
	"ctenv/internal/initbin"
	"ctenv/internal/pipeline"
	"ctenv/internal/streams"
	"ctenv/internal/term"
)

// checkRun runs a command as `ctenv run` would: much that keeps containers from running
// shows nowhere else. Nothing of the image runs but ctenv's own shell, and nothing of the
// configuration but the project's mount.
func (x *examination) checkRun(ctx context.Context) []finding {
	const about = "run"
	if x.about == nil || x.Mistake != nil {
		return nil // that is what keeps it from running
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	eng, err := x.connect(ctx)
	if err != nil {
		return []finding{failed(about, err)}
	}
	defer eng.Close()
	image, err := inventory.LocalImage(ctx, eng, x.images, x.about.Platform)
	if err != nil {
		return []finding{failed(about, err)}
	}
	if image == "" {
		return []finding{{stateWarn, about, "not tried, since the engine has no image for " + x.about.Platform, "`ctenv run -- true` pulls one"}}
	}
	where := "with nothing mounted"
	if x.Host.ProjectDir != "" {
		where = fmt.Sprintf("with %q mounted", x.Host.ProjectDir)
	}
	err = x.trial(ctx, eng, image)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return []finding{{stateFail, about, fmt.Sprintf("a command in %s has not ended within %v", image, patience), "`ctenv -v run -- true` shows how far it comes"}}
	case err != nil:
		return []finding{failed(about, err)}
	}
	return []finding{{stateOK, about, fmt.Sprintf("a command ran in %s, %s", image, where), ""}}
}

// trial runs a command that does nothing in a container of image.
func (x *examination) trial(ctx context.Context, eng *engine.Engine, image string) error {
	text := func(s string) config.String { return config.String{V: s, Set: true} }
	flags := config.Container{Image: text(image), Pull: text("never"), Shell: text("builtin"), TTY: text("false")}
	flags.Command = config.Command{Set: true, Shell: text(":")}
	flags.Stdin.V, flags.Stdin.Set = false, true
	o := *x.Opening
	o.Config = &config.Config{}
	s, err := o.Draw("", flags, pipeline.ForRun(nil))
	if err != nil {
		return err
	}
	facts, err := eng.Facts(ctx)
	if err != nil {
		return err
	}
	if err := s.Build(facts); err != nil {
		return err
	}
	if err := initbin.Install(&s.Plan, x.Detail); err != nil {
		return err
	}
	out, err := os.CreateTemp("", "ctenv-doctor-")
	if err != nil {
		return hint.Failed(err, "")
	}
	defer out.Close()
	if err := os.Remove(out.Name()); err != nil {
		return hint.Failed(err, "")
	}
	code, err := process.Run(ctx, eng, s.Plan, streams.Streams{In: x.Stdin, Out: out, Err: out})
	if err != nil || code == 0 {
		return err
	}
	return trialError(out, code)
}

// trialError is what a container that failed has said.
func trialError(out io.ReadSeeker, code int) error {
	if _, err := out.Seek(0, io.SeekStart); err != nil {
		return err
	}
	data, err := io.ReadAll(io.LimitReader(out, 64<<10))
	if err != nil {
		return err
	}
	e := &hint.Error{Err: fmt.Errorf("a command that does nothing ended with %d", code), Code: hint.Engine}
	for line := range strings.Lines(string(data)) {
		line = term.OneLine(strings.TrimSpace(line))
		if text, ok := strings.CutPrefix(line, "hint: "); ok {
			e.Hint = text
		} else if line != "" {
			e.Err = errors.New(strings.TrimPrefix(line, "error: "))
		}
	}
	return e
}
