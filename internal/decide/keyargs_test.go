package decide_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ctenv/internal/look"
)

// TestRunArgsOfKeys: an option that has a key of ours is that key, or an error that
// names both places.
func TestRunArgsOfKeys(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "ctenv.toml")
	for _, c := range []struct{ text, want, err string }{
		{`run_args = ["--hostname=x"]`, `--hostname=x`, ""},
		{`run_args = ["-h", "x"]`, `--hostname=x`, ""},
		{`run_args = ["-hx"]`, `--hostname=x`, ""},
		{`run_args = ["--name=build-${uid}"]`, `--name=build-1234`, ""},
		{`run_args = ["--net", "none"]`, `--network=none`, ""},
		{`run_args = ["--platform=linux/arm64"]`, `--platform=linux/arm64`, ""},
		{`run_args = ["--pull", "never"]`, `--pull=never`, ""},
		{`run_args = ["-w", "/repo/x"]`, `"workdir": "/repo/x"`, ""},
		{`run_args = ["--network=a", "--network=a"]`, `--network=a`, ""},
		{`run_args = ["--hostname=x", "--hostname=y"]`, `--hostname=y`, ""},
		{`run_args = ["-it", "--rm", "-i", "--tty=true", "--init"]`, ``, ""},
		{`run_args = ["--group-add=nope"]`, ``, `:2:13: groups: you are not a member of group "nope"`},
		{"network = \"a\"\nrun_args = [\"--network=b\"]", ``, `:3:13: run_args: --network=b, and network = "a" at ` + file + `:2:11: both say the same thing`},
		{`run_args = ["--network=a", "--network=b"]`, ``, `--network=b, beside --network=a at ` + file + `:2:13: a container of ctenv has one network`},
		{`run_args = ["--hostname="]`, ``, `:2:13: run_args: --hostname needs a value`},
		{`name = "ctenv-derive-x"`, ``, `:2:8: name: "ctenv-derive-x": names that begin with ctenv-derive- are ctenv's own`},
		{`run_args = ["--hostname=a b"]`, ``, `:2:13: hostname: "a b" is no host name: labels of letters, digits and -, at most 63 bytes in all`},
		{`run_args = ["--memory=1g", "--rm=false"]`, ``, `:2:28: run_args: --rm=false does not belong here: ctenv removes the container itself`},
		{`run_args = ["-dit"]`, ``, `run_args: -d does not belong here: the key is detach`},
		{`run_args = ["--entrypoint=x"]`, ``, `--entrypoint does not belong here: the keys are command and image_entrypoint`},
		{`run_args = ["--umask=027"]`, ``, `:2:13: run_args: --umask=027 is podman's own option, and the engine is docker's`},
		{`run_args = ["--cpus=1", "--timeout=5"]`, ``, `:2:25: run_args: --timeout=5 is podman's own option, and the engine is docker's`},
		{`run_args = ["--tz=No/Where"]`, ``, `:2:13: run_args: --tz: "/usr/share/zoneinfo/No/Where" does not exist`},
		{`volumes = ["vv:/v:noexec,nodev"]`, ``, `:2:12: volumes[1]: "vv:/v:noexec,nodev": noexec,nodev is podman's own option, and the engine is docker's`},
	} {
		if err := os.WriteFile(file, fmt.Appendf(nil, "[defaults]\n%s\n", c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := describe("", alice(dir), nil, dir, look.Facts{Known: true})
		switch {
		case c.err != "":
			if err == nil || !strings.HasSuffix(err.Error(), c.err) {
				t.Errorf("%s: got %v, want %s", c.text, err, c.err)
			}
		case err != nil:
			t.Errorf("%s: %v", c.text, err)
		case !strings.Contains(got, c.want):
			t.Errorf("%s: got\n%s\nwant %q", c.text, got, c.want)
		}
	}
}
