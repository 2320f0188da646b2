package starter

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"ctenv/internal/runline"
)

// Machine is what a devcontainer.json is held against. A number that is 0 is not known.
type Machine struct {
	CPUs            int
	Memory, Storage uint64 // in bytes; what is free of the latter
	// Check says what is wrong with a setting as .ctenv.toml would have it.
	Check runline.Check
}

// sizes are the suffixes of hostRequirements. Not those of 1024: a machine that is sold with
// 8 GB shows less than 8 GiB.
var sizes = []struct {
	suffix string
	bytes  float64
}{{"tb", 1e12}, {"gb", 1e9}, {"mb", 1e6}, {"kb", 1e3}, {"", 1}}

func size(text string) (bytes float64, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	for _, s := range sizes {
		if number, found := strings.CutSuffix(text, s.suffix); found {
			n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			return n * s.bytes, err == nil && n >= 0
		}
	}
	return 0, false
}

// requirements says which of hostRequirements this machine does not meet.
func (t *translation) requirements(raw json.RawMessage, m Machine) {
	var wanted struct {
		CPUs            scalar
		Memory, Storage scalar
		GPU             json.RawMessage
	}
	if len(raw) == 0 {
		return
	}
	if json.Unmarshal(raw, &wanted) != nil {
		t.leave("hostRequirements", "its form is not known")
		return
	}
	for _, r := range []struct {
		name, wanted string
		have         float64
		shown        string
	}{
		{"cpus", string(wanted.CPUs), float64(m.CPUs), fmt.Sprintf("this machine has %d", m.CPUs)},
		{"memory", string(wanted.Memory), float64(m.Memory), fmt.Sprintf("this machine has %.1fgb", float64(m.Memory)/1e9)},
		{"storage", string(wanted.Storage), float64(m.Storage), fmt.Sprintf("%.1fgb are free here", float64(m.Storage)/1e9)},
	} {
		need, ok := size(r.wanted)
		switch {
		case r.wanted == "":
		case !ok:
			t.leave("hostRequirements."+r.name, fmt.Sprintf("%q is no number of them", r.wanted))
		case r.have != 0 && need > r.have:
			t.miss("hostRequirements."+r.name, fmt.Sprintf("%s are wanted, and %s", r.wanted, r.shown))
		}
	}
	switch gpu := strings.TrimSpace(string(wanted.GPU)); gpu {
	case "", "false", "null":
	case `"optional"`:
		t.leave("hostRequirements.gpu", `run_args = ["--gpus=all"] gives the container those of the machine`)
	default:
		t.miss("hostRequirements.gpu", `run_args = ["--gpus=all"] gives the container those of the machine`)
	}
}

// scalar is a text, also where a number or a switch is written.
type scalar string

func (s *scalar) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err == nil {
		*s = scalar(text)
		return nil
	}
	if strings.HasPrefix(string(data), "{") || strings.HasPrefix(string(data), "[") {
		return fmt.Errorf("%s is no text", data)
	}
	*s = scalar(data)
	return nil
}

// several are values of a list, also where one stands alone.
type several[V any] []V

func (s *several[V]) UnmarshalJSON(data []byte) error {
	var list []V
	if strings.HasPrefix(string(data), "[") {
		if err := json.Unmarshal(data, &list); err != nil {
			return err
		}
	} else if string(data) != "null" {
		var one V
		if err := json.Unmarshal(data, &one); err != nil {
			return err
		}
		list = []V{one}
	}
	*s = list
	return nil
}
