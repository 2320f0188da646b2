package procid

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	self := Self()
	if Of(self) != Alive {
		t.Errorf("%q, this process, is not alive", self)
	}
	f := strings.Split(self, ":")
	with := func(i int, value string) string {
		g := append([]string{}, f...)
		g[i] = value
		return strings.Join(g, ":")
	}
	for name, want := range map[string]State{
		with(3, "1"):       Dead, // a later process of that number
		with(0, "other"):   Unknown,
		with(1, "1"):       Unknown,
		with(2, "../self"): Unknown,
		"":                 Unknown,
		self + ":":         Unknown,
	} {
		if got := Of(name); got != want {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}

	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	child, err := look(strconv.Itoa(cmd.Process.Pid))
	if err != nil || Of(child.String()) != Alive {
		t.Errorf("%v: %v", child, err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if Of(child.String()) != Dead {
		t.Errorf("%v is not dead", child)
	}
}
