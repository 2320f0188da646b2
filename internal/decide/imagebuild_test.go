package decide_test

import (
	"fmt"
	"testing"

	"ctenv/internal/expand"
)

// A default is text of the file's own: it must not become a variable of the builder's.
func TestSecretArguments(t *testing.T) {
	dir := t.TempDir()
	c := resolved(t, dir, "[containers.a.build]\ndockerfile_content = \"FROM x\"\nargs = { A = \"x${env.NOT_SET|default:y}\", B = \"${env.HOME|default:y}\", C = \"x${env.HOME}\", D = \"x\" }\n", "a")
	draft, err := expand.Run(c, alice(dir), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(draft.SecretArgs); got != "map[A:false B:true C:true D:false]" {
		t.Error(got)
	}
}
