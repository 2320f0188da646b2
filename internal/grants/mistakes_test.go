package grants_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"ctenv/internal/config"
	"ctenv/internal/configfile"
	"ctenv/internal/decide"
	"ctenv/internal/expand"
	"ctenv/internal/hint"
	"ctenv/internal/host"
	"ctenv/internal/look"
	"ctenv/internal/testfiles"
)

// mistakeIn makes the plan of a project's file, or of the caller's own, as far as that goes, for
// a caller with that TOKEN.
func mistakeIn(t *testing.T, file, token string, own bool) error {
	t.Helper()
	dir := t.TempDir()
	at := "ctenv.toml"
	if own {
		at = "home/.ctenv.toml"
	}
	testfiles.Put(t, dir, map[string]string{at: "[containers.a]\n" + file + "\n", "home/": ""})
	cfg, err := configfile.Load(configfile.Options{Cwd: dir, Home: filepath.Join(dir, "home")})
	if err != nil {
		t.Fatal(err)
	}
	c, err := cfg.Resolve("a", config.Container{})
	if err != nil {
		t.Fatal(err)
	}
	h := caller(dir)
	h.Env["TOKEN"] = token
	draft, err := expand.Run(c, h, nil)
	if err != nil {
		return err
	}
	seen := host.LookAtPaths(draft.Wants())
	host.Read(draft.Wants(), &seen)
	if _, err := decide.Plan(draft, seen, look.Facts{}); err != nil {
		return err
	}
	_, err = decide.ImageBuild(draft, seen)
	return err
}

// A mistake is said before a variable is allowed, so it does not show the value, nor a piece
// of it where the text is cleaned, cut or lowered.
func TestMistakesShowNoValue(t *testing.T) {
	for _, tt := range []struct{ file, token, want string }{
		{`network = "${env.TOKEN} x"`, "s3cret", `network: "${env.TOKEN} x" is no name of a network`},
		{`volumes = ["/nowhere/${env.TOKEN}:/x"]`, "s3cret", `volumes[1]: "/nowhere/${env.TOKEN}" does not exist`},
		{`image = "A ${env.TOKEN|slug}"`, "s3cret", "${env.TOKEN}"},
		{`image = "A${env.TOKEN}"`, "S3C/RET99", "${env.TOKEN}"}, // a hint would have it in lower case
		{`run_args = ["--env-file=./$${env.TOKEN}"]`, "s3cret", "${env.TOKEN}"},
		{`volumes = ["/nowhere/${env.TOKEN}/../y:/x"]`, "s3c/ret99", `volumes: "/nowhere/${env.TOKEN}/../y:/x" does not exist`},
		{`volumes = ["/nowhere/${env.TOKEN}:/x"]`, "s3c//ret99", `volumes: "/nowhere/${env.TOKEN}:/x" does not exist`},
		{`run_args = ["--volume", "/nowhere/${env.TOKEN}/..:/x"]`, "s3c/ret99", `run_args: "--volume /nowhere/${env.TOKEN}/..:/x" does not exist`},
		{`run_args = ["--env-file=./${env.TOKEN}/../y"]`, "s3c/ret99", `run_args: "--env-file=./${env.TOKEN}/../y": no such file or directory`},
		{`tty = "x${env.TOKEN}"`, "s3cret", `tty must be "auto", true or false, not "x${env.TOKEN}"`},
		{`ports = ["${env.TOKEN}:80"]`, "s3c:ret99", "ports"},
		{`build = { context = "../${env.TOKEN}/../y", dockerfile_content = "FROM x" }`, "s3c/ret99", `build.context: "../${env.TOKEN}/../y" does not exist`},
		{`build = { context = "../${env.TOKEN}", dockerfile_content = "FROM x" }`, "s3cret", "${env.TOKEN}"},
		// A library cuts a value where it likes.
		{`run_args = ["--memory=${env.TOKEN}"]`, "gs3cret99k", `run_args: "--memory=${env.TOKEN}": invalid syntax`},
		{`run_args = ["--shm-size", "${env.TOKEN}"]`, "gs3cret99k", `run_args: "--shm-size ${env.TOKEN}": invalid syntax`},
		{"image = \"x:${env.TOKEN}\"\nvolumes = [\"/nowhere/${image_tag}:/x\"]", "s3cret.ret99", "${env.TOKEN}"},
	} {
		err := mistakeIn(t, tt.file, tt.token, false)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.file, err, tt.want)
			continue
		}
		way, _ := hint.Of(err)
		for _, piece := range []string{"s3c", "ret99"} {
			if strings.Contains(strings.ToLower(err.Error()+way), piece) {
				t.Errorf("%s: %v (%s)", tt.file, err, way)
			}
		}
	}
}

// An error about a text shows no piece of a value either that another text has brought in.
func TestMistakesShowNoValueOfAnother(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	testfiles.Put(t, data, map[string]string{"s3c/sub": "", "s3c/ret99": "", "dir/": ""})
	for mount, want := range map[string]string{
		data + "/dir:/data/new": `volumes: "` + data + `/${env.TOKEN}/..:/data:ro": it does not work`,
		data + "/dir:/data/sub": `volumes: "` + data + `/${env.TOKEN}/..:/data:ro": it does not work`,
	} {
		err := mistakeIn(t, fmt.Sprintf("volumes = [%q, %q]", data+"/${env.TOKEN}/..:/data:ro", mount), "s3c//ret99", false)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3c") {
			t.Errorf("%s: %v, want %s", mount, err, want)
		}
	}
}

// An error that only has words in common with a value stays as it is, with its hint, and in
// the caller's own files each but the whole value does.
func TestMistakesSayWhy(t *testing.T) {
	const (
		mounts = "volumes = [\"${env.TOKEN}:/data:ro\", \"${env.TOKEN}/sub:/data/x\"]"
		within = `volumes[2]: /data/x needs a mount point in /data, which is mounted read-only from "${env.TOKEN}"`
	)
	data := filepath.Join(t.TempDir(), "data")
	testfiles.Put(t, data, map[string]string{"sub/": "", "point/": "", "s3c/file": ""})
	unlike := fmt.Sprintf("volumes = [\"%s:/data\", \"%s/${env.TOKEN}/../file:/data/point\"]", data, data)
	for _, tt := range []struct {
		file, token, want string
		own, hinted       bool
	}{
		{file: mounts, token: data, own: true, want: within, hinted: true},
		{file: mounts, token: data, want: within, hinted: true},
		{file: unlike, token: "s3c/ret99", own: true, want: `is a file, but its mount point "` + data + `/point" is a directory`},
		{file: unlike, token: "s3c/ret99", want: `/${env.TOKEN}/../file:/data/point": it does not work`},
		{file: `volumes = ["${env.TOKEN}/x:/"]`, token: "/root", own: true, want: "the root of the container"},
		{file: `volumes = ["/nowhere/${env.TOKEN}/../y:/x"]`, token: "s3c/ret99", own: true, want: `"/nowhere/s3c/y" does not exist`},
		// The words of the file hide no longer one of the value.
		{file: `volumes = ["/s/3/c/${env.TOKEN}:/x"]`, token: "s3c//ret99", want: `volumes: "/s/3/c/${env.TOKEN}:/x" does not exist`},
	} {
		err := mistakeIn(t, tt.file, tt.token, tt.own)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.file, err, tt.want)
			continue
		}
		if way, _ := hint.Of(err); tt.hinted && way == "" {
			t.Errorf("%s: %v has no hint", tt.file, err)
		}
	}
}

// What gives way to a limit is shown as it is written, too.
func TestLimitsShowNoValue(t *testing.T) {
	dir := t.TempDir()
	testfiles.Put(t, dir, map[string]string{"p/ctenv.toml": "[containers.a]\nruntime = \"${env.ENGINE}\"\nnetwork = \"${env.TOKEN}\"\nrun_args = [\"--memory\", \"${env.SIZE}\"]\n",
		"home/.ctenv.toml": "[limits]\nruntime = \"docker\"\nnetwork = \"none\"\nrun_args = [\"--memory=1g\"]\n"})
	cfg, err := configfile.Load(configfile.Options{Cwd: filepath.Join(dir, "p"), Home: filepath.Join(dir, "home")})
	if err != nil {
		t.Fatal(err)
	}
	c, err := cfg.Resolve("a", config.Container{})
	if err != nil {
		t.Fatal(err)
	}
	h := caller(filepath.Join(dir, "p"))
	h.Env["ENGINE"], h.Env["SIZE"] = "podman", "87654321k"
	draft, err := expand.Run(c, h, nil)
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(draft.Warnings, "\n")
	for _, want := range []string{`runtime: "${env.ENGINE}" gives way`, `network: "${env.TOKEN}" gives way`, `run_args: "--memory ${env.SIZE}" gives way`} {
		if !strings.Contains(said, want) {
			t.Errorf("%s\nwant %s", said, want)
		}
	}
	if strings.Contains(said, "podman") || strings.Contains(said, "s3cret") || strings.Contains(said, "8765") {
		t.Error(said)
	}
}
