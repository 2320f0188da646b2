package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/engine"
	"ctenv/internal/engine/persist"
	"ctenv/internal/pipeline"
	"ctenv/internal/plan"
	"ctenv/internal/term"
)

func (a *app) newStatus() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status [CONTAINER|NAME|ID]",
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
	configUnread  = "unread"  // or ask for what is not allowed yet
)

// stayReport is what status prints of one container.
type stayReport struct {
	Container     string          `json:"container"`
	ProjectDir    string          `json:"project_dir"`
	State         string          `json:"state"` // "running", …, or "none"
	ID            string          `json:"id,omitempty"`
	Name          string          `json:"name,omitempty"`
	Image         string          `json:"image,omitempty"`
	Started       *time.Time      `json:"started,omitempty"`
	Mounts        []persist.Mount `json:"mounts,omitempty"`
	Ports         []string        `json:"ports,omitempty"`
	Memory        *uint64         `json:"memory,omitempty"`      // in bytes
	CPU           *float64        `json:"cpu_seconds,omitempty"` // processor time, of all processors
	Commands      []commandReport `json:"commands,omitempty"`
	Configuration string          `json:"configuration,omitempty"`
}

// commandReport is one command that runs.
type commandReport struct {
	PID     int       `json:"pid"` // in the container
	Command []string  `json:"command"`
	Started time.Time `json:"started"`
	TTY     bool      `json:"tty,omitempty"`
}

// commands are those that exec has started and that run. That they cannot be had is no
// reason to say nothing.
func (a *app) commands(ctx context.Context, e *engine.Engine, c persist.Container, state string) []commandReport {
	if !c.Stays() || state != "running" {
		return nil
	}
	found, err := persist.Commands(ctx, e, c, a.Streams())
	if err != nil {
		a.Warn("which commands run in %s is not known: %v", c.Name, err)
	}
	var all []commandReport
	for _, f := range found {
		r := commandReport{PID: f.PID, Command: []string{}, Started: f.Started, TTY: f.TTY}
		for _, arg := range f.Args {
			r.Command = append(r.Command, string(arg))
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b commandReport) int { return a.Started.Compare(b.Started) })
	return all
}

// text is a command on one line.
func (r commandReport) text() string {
	command := strings.Join(r.Command, " ")
	if command == "" {
		command = "a shell"
	}
	return fmt.Sprintf("%s (process %d, for %s)", command, r.PID, term.Duration(time.Since(r.Started)))
}

func (a *app) status(ctx context.Context, args []string, asJSON bool) error {
	o, err := a.OpenStaying(ctx, strings.Join(args, ""), false)
	if err != nil {
		return err
	}
	defer o.Close()
	key := plan.StayKeyOf(o.Host, strings.Join(args, ""))
	e, err := o.Engine.Engine(ctx)
	if err != nil {
		return err
	}
	found, err := persist.Find(ctx, e, key)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		c, ok, err := namedBox(ctx, e, o.Host, args)
		if err != nil {
			return err
		}
		if ok {
			found = append(found, c)
		}
	}
	reports := []stayReport{}
	for _, c := range found {
		st, ok, err := persist.Inspect(ctx, e, c)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		slices.SortFunc(st.Mounts, func(a, b persist.Mount) int { return strings.Compare(a.Target, b.Target) })
		report := stayReport{
			Container: c.Container(), ProjectDir: c.Labels[plan.LabelProjectDir], State: st.State, ID: c.ID, Name: c.Name, Image: st.Image,
			Started: &st.Started, Mounts: st.Mounts, Ports: st.Ports, Memory: st.Memory, Commands: a.commands(ctx, e, c, st.State),
		}
		if st.CPU != nil {
			seconds := st.CPU.Seconds()
			report.CPU = &seconds
		}
		if c.Stays() {
			report.Configuration = a.compare(ctx, o, c)
		}
		reports = append(reports, report)
	}
	if len(reports) == 0 && len(args) > 0 {
		if err := notRunning(o, args); err != nil {
			return err
		}
		reports = append(reports, stayReport{Container: args[0], ProjectDir: key.ProjectDir, State: "none"})
	}
	if asJSON {
		return a.PrintJSON(reports)
	}
	if len(reports) == 0 {
		a.Say("no container of this project runs; `ctenv start` starts one")
	}
	return a.printStatus(reports)
}

// compare says what has become of the configuration of a container.
func (a *app) compare(ctx context.Context, now *pipeline.Opening, c persist.Container) string {
	if now.Mistake != nil {
		return configInvalid
	}
	name := c.Container()
	if !slices.Contains(now.Config.Names(), name) {
		if name != config.DefaultContainer {
			return configGone
		}
	}
	s, err := now.Stay(ctx, name)
	switch {
	case err != nil:
		a.Detail("container %s: %v", c.Container(), err)
		return configInvalid
	case !s.Asked.Allowed():
		return configUnread
	case c.Changed(s.Plan.Labels[plan.LabelConfig]):
		return configChanged
	}
	return configSame
}

func (a *app) printStatus(reports []stayReport) error {
	out := a.Out()
	for i, r := range reports {
		if i > 0 {
			if err := a.Print("\n"); err != nil {
				return err
			}
		}
		t := out.Table(term.Column{}, term.Column{Cut: term.Broken})
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
			return err
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
	for i, port := range r.Ports {
		title := "ports"
		if i > 0 {
			title = ""
		}
		row(title, port, term.Plain)
	}
	if r.Memory != nil {
		row("memory", units.BytesSize(float64(*r.Memory)), term.Plain)
	}
	if r.CPU != nil {
		row("processor", fmt.Sprintf("%.1f s", *r.CPU), term.Plain)
	}
	if r.Configuration == "" {
		return // of a run
	}
	for i, c := range r.Commands {
		title := "commands"
		if i > 0 {
			title = ""
		}
		row(title, c.text(), term.Plain)
	}
	style = term.Yellow
	if r.Configuration == configSame {
		style = term.Plain
	}
	row("configuration", configText(r), style)
}

func mountText(m persist.Mount) string {
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
	case configUnread:
		return "asks for what is not allowed; `ctenv trust --show " + r.Container + "`"
	case configChanged:
		return fmt.Sprintf("changed since the start; `ctenv restart %s` uses it", r.Container)
	case configGone:
		return "gone: no file has this container any more"
	}
	return fmt.Sprintf("invalid now; see `ctenv config show %s`", r.Container)
}
