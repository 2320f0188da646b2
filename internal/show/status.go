package show

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker/go-units"

	"ctenv/internal/engine/persist"
	"ctenv/internal/join"
	"ctenv/internal/plan"
	"ctenv/internal/term"
)

// Configuration is what has become of a container's configuration since its start.
type Configuration string

const (
	Unchanged Configuration = "unchanged"
	Changed   Configuration = "changed"
	Gone      Configuration = "gone"    // the files have no such container any more
	Invalid   Configuration = "invalid" // or have a mistake in it
	Unread    Configuration = "unread"  // or ask for what is not allowed yet
)

// Stay is what status prints of one container.
type Stay struct {
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
	Configuration Configuration   `json:"configuration,omitempty"`
}

// commandReport is one command that runs.
type commandReport struct {
	PID     int       `json:"pid"` // in the container
	Command []string  `json:"command"`
	Started time.Time `json:"started"`
	TTY     bool      `json:"tty,omitempty"`
}

// StayOf is what there is to say of c, which runs commands.
func StayOf(c persist.Container, st persist.Status, commands []join.Command, configuration Configuration) Stay {
	slices.SortFunc(st.Mounts, func(a, b persist.Mount) int { return strings.Compare(a.Target, b.Target) })
	s := Stay{
		Container: c.Container(), ProjectDir: c.Labels[plan.LabelProjectDir], State: st.State, ID: c.ID, Name: c.Name, Image: st.Image,
		Started: &st.Started, Mounts: st.Mounts, Ports: st.Ports, Memory: st.Memory, Configuration: configuration,
	}
	if st.CPU != nil {
		seconds := st.CPU.Seconds()
		s.CPU = &seconds
	}
	for _, f := range commands {
		r := commandReport{PID: f.PID, Command: []string{}, Started: f.Started, TTY: f.TTY}
		for _, arg := range f.Args {
			r.Command = append(r.Command, string(arg))
		}
		s.Commands = append(s.Commands, r)
	}
	slices.SortFunc(s.Commands, func(a, b commandReport) int { return a.Started.Compare(b.Started) })
	return s
}

// text is a command on one line.
func (r commandReport) text() string {
	command := cmp.Or(strings.Join(r.Command, " "), "a shell")
	return fmt.Sprintf("%s (process %d, for %s)", command, r.PID, term.Duration(time.Since(r.Started)))
}

// Status prints a block for each container.
func Status(c *term.Console, reports []Stay) error {
	out := c.Out()
	for i, r := range reports {
		if i > 0 {
			if err := c.Print("\n"); err != nil {
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
			statusRows(r, row)
		}
		if err := t.Print(); err != nil {
			return err
		}
	}
	return nil
}

func statusRows(r Stay, row func(name, value string, style term.Style)) {
	style := term.Yellow
	if r.State == "running" {
		style = term.Green
	}
	row("state", r.State+" for "+term.Duration(time.Since(*r.Started)), style)
	row("image", r.Image, term.Plain)
	row("name", r.Name, term.Plain)
	for i, m := range r.Mounts {
		row(first(i, "mounts"), mountText(m), term.Plain)
	}
	for i, port := range r.Ports {
		row(first(i, "ports"), port, term.Plain)
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
		row(first(i, "commands"), c.text(), term.Plain)
	}
	style = term.Yellow
	if r.Configuration == Unchanged {
		style = term.Plain
	}
	row("configuration", configText(r), style)
}

// first is the title of several rows, which stands beside the first alone.
func first(i int, title string) string {
	if i > 0 {
		return ""
	}
	return title
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

func configText(r Stay) string {
	switch r.Configuration {
	case Unchanged:
		return "unchanged since the start"
	case Unread:
		return "asks for what is not allowed; `ctenv trust --show " + r.Container + "`"
	case Changed:
		return fmt.Sprintf("changed since the start; `ctenv restart %s` uses it", r.Container)
	case Gone:
		return "gone: no file has this container any more"
	}
	return fmt.Sprintf("invalid now; see `ctenv config show %s`", r.Container)
}
