package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/engine"
	"ctenv/internal/plan"
	"ctenv/internal/term"
)

func (a *app) newStatus() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status [CONTAINER]",
		Short: "Show the containers of the project that stay",
		Example: `  ctenv status
  ctenv status --json build`,
		Args:              atMostOne,
		ValidArgsFunction: a.completeContainer,
		RunE:              untilSignal(func(cmd *cobra.Command, args []string) error { return a.status(cmd.Context(), args, asJSON) }),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// The values of stayReport.Configuration.
const (
	configSame    = "unchanged"
	configChanged = "changed"
	configGone    = "gone"    // the files have no such container any more
	configInvalid = "invalid" // or have a mistake in it
)

// stayReport is what status prints of one container.
type stayReport struct {
	Container     string             `json:"container"`
	ProjectDir    string             `json:"project_dir"`
	State         string             `json:"state"` // "running", …, or "none"
	ID            string             `json:"id,omitempty"`
	Name          string             `json:"name,omitempty"`
	Image         string             `json:"image,omitempty"`
	Started       *time.Time         `json:"started,omitempty"`
	Mounts        []engine.StayMount `json:"mounts,omitempty"`
	Configuration string             `json:"configuration,omitempty"`
}

func (a *app) status(ctx context.Context, args []string, asJSON bool) error {
	call, err := a.openStaying(ctx, args, false)
	if err != nil {
		return err
	}
	defer call.close()
	key := plan.StayKeyOf(call.h, strings.Join(args, ""))
	found, err := call.eng.Staying(ctx, key)
	if err != nil {
		return err
	}
	reports := []stayReport{}
	for _, c := range found {
		st, ok, err := call.eng.Status(ctx, c)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		slices.SortFunc(st.Mounts, func(a, b engine.StayMount) int { return strings.Compare(a.Target, b.Target) })
		reports = append(reports, stayReport{
			Container: c.Container(), ProjectDir: key.ProjectDir, State: st.State, ID: c.ID, Name: c.Name, Image: st.Image,
			Started: &st.Started, Mounts: st.Mounts, Configuration: a.compare(ctx, call, c),
		})
	}
	if len(reports) == 0 && len(args) > 0 {
		if err := call.notRunning(args); err != nil {
			return err
		}
		reports = append(reports, stayReport{Container: args[0], ProjectDir: key.ProjectDir, State: "none"})
	}
	if asJSON {
		return a.printJSON(reports)
	}
	if len(reports) == 0 {
		a.say("no container of this project runs; `ctenv start` starts one")
	}
	return a.printStatus(reports)
}

// compare says what has become of the configuration of a container.
func (a *app) compare(ctx context.Context, call stayCall, c engine.Staying) string {
	if call.mistake != nil {
		return configInvalid
	}
	name := c.Container()
	if !slices.Contains(call.cfg.Names(), name) {
		if marked, err := call.cfg.DefaultName(); name != plan.DefaultContainer || err != nil || marked != "" {
			return configGone
		}
		name = ""
	}
	st, err := a.stayPlan(ctx, call, name, config.Container{})
	switch {
	case err != nil:
		a.detail("container %s: %v", c.Container(), err)
		return configInvalid
	case c.Changed(st.plan.Labels[plan.LabelConfig]):
		return configChanged
	}
	return configSame
}

func (a *app) printStatus(reports []stayReport) error {
	out := a.stdout()
	for i, r := range reports {
		if i > 0 {
			if _, err := fmt.Fprintln(a.Stdout); err != nil {
				return outputFailed(err)
			}
		}
		t := out.Table(term.Column{}, term.Column{Cut: term.CutEnd})
		row := func(name, value string, style term.Style) {
			t.Row(term.Cell{Text: name, Style: term.Bold}, term.Cell{Text: value, Style: style})
		}
		row("container", r.Container, term.Plain)
		if r.State == "none" {
			row("state", "not running", term.Yellow)
		} else {
			a.statusRows(r, row)
		}
		if err := t.Print(); err != nil {
			return outputFailed(err)
		}
	}
	return nil
}

func (a *app) statusRows(r stayReport, row func(name, value string, style term.Style)) {
	style := term.Yellow
	if r.State == "running" {
		style = term.Green
	}
	row("state", r.State+" for "+term.Duration(time.Since(*r.Started)), style)
	row("image", r.Image, term.Plain)
	row("name", r.Name, term.Plain)
	for i, m := range r.Mounts {
		title := "mounts"
		if i > 0 {
			title = ""
		}
		row(title, mountText(m), term.Plain)
	}
	style = term.Yellow
	if r.Configuration == configSame {
		style = term.Plain
	}
	row("configuration", configText(r), style)
}

func mountText(m engine.StayMount) string {
	text := m.Target
	if m.Source != "" {
		text = m.Source + " on " + m.Target
	}
	if m.Type == plan.MountTmpfs {
		text = "tmpfs on " + m.Target
	}
	if m.ReadOnly {
		text += " (read-only)"
	}
	return text
}

func configText(r stayReport) string {
	switch r.Configuration {
	case configSame:
		return "unchanged since the start"
	case configChanged:
		return fmt.Sprintf("changed since the start; `ctenv stop %s`, and the next start uses it", r.Container)
	case configGone:
		return "gone: no file has this container any more"
	}
	return fmt.Sprintf("invalid now; see `ctenv config show %s`", r.Container)
}
