package pipeline

import (
	"strings"
	"testing"

	"ctenv/internal/look"
	"ctenv/internal/wire"
)

// What is wrong with a setting of a devcontainer.json is written into the project, so that
// nothing of a variable's value is in it.
func TestCheckSettingShowsNoValue(t *testing.T) {
	h := look.Host{User: wire.User{Name: "alice", Home: "/home/alice"}, ProjectDir: "/p", RealProjectDir: "/p", Env: map[string]string{"TOKEN": "alice:S3cretPassw0rd"}}
	for _, tt := range []struct{ key, value, want string }{
		{"run_args", `["--add-host=${env.TOKEN|default:}"]`, `"--add-host=${env.TOKEN|default:}": it does not work`},
		{"ports", `["${env.TOKEN}"]`, "${env.TOKEN}"},
		{"run_args", `["--add-host=x"]`, "bad format for add-host"},
	} {
		err := checkSetting(h, tt.key, tt.value)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.value, err, tt.want)
			continue
		}
		if strings.Contains(strings.ToLower(err.Error()), "s3cret") {
			t.Errorf("%s: %v", tt.value, err)
		}
	}
}
