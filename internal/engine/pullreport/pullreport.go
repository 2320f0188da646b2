// Package pullreport shows the report that an engine gives while it pulls an image.
package pullreport

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/docker/docker/pkg/jsonmessage"
	mobyterm "github.com/moby/term"

	"ctenv/internal/streams"
	"ctenv/internal/term"
)

// Show reads the engine's report to its end, since the pull stops with the
// connection, and returns the error that it ends with.
func Show(report io.Reader, s streams.Streams) error {
	var out io.Writer = io.Discard
	var fd uintptr
	var live bool
	if s.Progress != nil {
		out, fd = s.Progress, s.Progress.Fd()
		live = mobyterm.IsTerminal(fd)
	}
	safe := plain(report)
	defer safe.Close()
	err := jsonmessage.DisplayJSONMessagesStream(safe, out, fd, live, nil)
	if answer := (*jsonmessage.JSONError)(nil); errors.As(err, &answer) {
		return answer
	}
	return err
}

const (
	// maxMessage is how much is read for one message of a report, in bytes.
	maxMessage = 1 << 20
	// maxProgress is more than an image has, in bytes, and a hundred of it fit into 64 bits.
	maxProgress = 1 << 50
)

// plain is an engine's report without what a terminal would act on: its texts
// come from registries too.
func plain(report io.Reader) *io.PipeReader {
	r, w := io.Pipe()
	go func() {
		some := &io.LimitedReader{R: report}
		in, out := json.NewDecoder(some), json.NewEncoder(w)
		for {
			some.N = maxMessage
			var m jsonmessage.JSONMessage
			err := in.Decode(&m)
			if err == nil {
				//lint:ignore SA1019 an engine may still send them, and they are shown
				for _, text := range []*string{&m.Stream, &m.Status, &m.ID, &m.From, &m.ProgressMessage, &m.ErrorMessage} {
					line, end := strings.CutSuffix(*text, "\n")
					if *text = term.OneLine(line); end {
						*text += "\n"
					}
				}
				if p := m.Progress; p != nil {
					p.Units = term.OneLine(p.Units)
					// A bar is drawn of so many characters as these say.
					p.Current, p.Total = min(max(p.Current, 0), maxProgress), min(max(p.Total, 0), maxProgress)
				}
				m.Aux = nil
				err = out.Encode(m)
			}
			if err != nil {
				w.CloseWithError(err)
				return
			}
		}
	}()
	return r
}
