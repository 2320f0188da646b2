package decide_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"ctenv/internal/dockerline"
	"ctenv/internal/wire"
)

// A line of --dry-run is pasted into a shell that holds the value which it leaves
// out, whatever that is made of.
func TestPastedRequest(t *testing.T) {
	const value = `"quotes" and \back\ 'single' $HOME` + "\n\tmore\n"
	dir := t.TempDir()
	file := `[defaults]
image = "i"
post_start_commands = ["login '${env.TOKEN}'", "true"]
setup_commands = ["-n ${env.TOKEN} and ${env.TOKEN}"]
command = "run ${env.TOKEN}"
`
	p := planned(t, resolved(t, dir, file, ""), dir, nil, nil)
	line, err := dockerline.Of(p, "docker")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(line, "s3cret") || strings.Contains(line, "quotes") {
		t.Errorf("the value is in the line: %s", line)
	}
	cmd := exec.Command("sh", "-c", `docker() { for a; do printf '%s\0' "$a"; done; }; `+line)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TOKEN=" + value}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var environ []string
	for word := range strings.SplitSeq(string(out), "\x00") {
		if kv, ok := strings.CutPrefix(word, "--env="); ok {
			environ = append(environ, kv)
		}
	}
	r, _, err := wire.Decode(environ)
	if err != nil {
		t.Fatal(err)
	}
	got := append(slices.Clone(r.PostStart), append(r.Setup, r.Command.Text)...)
	want := wire.Texts([]string{"login '" + value + "'", "true", "-n " + value + " and " + value, "run " + value})
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
