package doctor

import (
	"context"
	"strings"
	"testing"

	"ctenv/internal/engine"
	"ctenv/internal/engine/inside"
	"ctenv/internal/hint"
)

// TestTrialError: the last that a failed container says is the cause, with its way out.
func TestTrialError(t *testing.T) {
	for said, want := range map[string][2]string{
		"": {"a command that does nothing ended with 125", ""},
		"[ctenv] a step\nerror: home: no room\nhint: make some\n": {"home: no room", "make some"},
		"error: \x1b[2Jhome\n\n":                                  {`\x1b[2Jhome`, ""},
		"exec /x: exec format error":                              {"exec /x: exec format error", ""},
	} {
		err := trialError(strings.NewReader(said), 125)
		if way, code := hint.Of(err); err.Error() != want[0] || way != want[1] || code != hint.Engine {
			t.Errorf("%q: %v, hint %q, code %d; want %q", said, err, way, code, want)
		}
	}
}

// TestWhereWeAre: in a container of the engine's, a project that the engine cannot see is
// worth a warning.
func TestWhereWeAre(t *testing.T) {
	about := engine.About{Inside: &inside.Container{Name: "job"}}
	for project, want := range map[string]state{"": stateOK, "/other": stateWarn} {
		if found := whereWeAre(about, project); len(found) != 1 || found[0].state != want || (found[0].hint == "") != (want == stateOK) {
			t.Errorf("%q: %+v, want %s", project, found, want.word)
		}
	}
}

// TestSlow: an engine that does not answer is told from one that refuses.
func TestSlow(t *testing.T) {
	found := failed("engine", &engine.Error{Msg: "the engine does not say what it is", Err: context.DeadlineExceeded})
	if found.state != stateFail || found.text != "the container engine has not answered in time" || found.hint == "" {
		t.Errorf("%+v", found)
	}
}

// A line to paste has no more words than it seems, whatever an engine calls a volume.
func TestTakeOver(t *testing.T) {
	if got, want := takeOver("docker", "a", "b;id"), "docker run --rm -v a:/from -v 'b;id:/to' busybox cp -a /from/. /to"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
