package main

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	columns, err := read(strings.NewReader(`==> noise before the tests
{"Action":"output","Output":"==> engines: docker 26.1.5+dfsg1, podman 5.4.2\n"}
{"Action":"run","Test":"TestScripts/docker/pipes"}
{"Action":"pass","Test":"TestScripts/docker/pipes"}
{"Action":"pass","Test":"TestScripts/docker/all"}
{"Action":"pass","Test":"TestScripts/podman/all"}
{"Action":"skip","Test":"TestScripts/podman/pipes"}
{"Action":"fail","Test":"TestScripts/podman/look"}
{"Action":"pass","Test":"TestDocs/docker/README"}
`))
	if err != nil {
		t.Fatal(err)
	}
	// A script that was run again.
	columns = merge(columns, []*column{{"podman 5.4.2", map[string]string{"again": "pass"}}, {"podman 5.8.6", map[string]string{"look": "pass", "all": "pass"}}})
	var page strings.Builder
	write(&page, columns, map[string]string{
		"pipes": "# A pipe is\n# a pipe. More of it.\n\nctenv run\n",
		"look":  "# One | two.\n# three.\n",
		"again": "# Once more.\n",
		"all":   "# Everywhere.\n",
	})
	want := `| what holds | test | docker 26.1.5 | podman 5.4.2 | podman 5.8.6 |
|---|---|---|---|---|
| Once more | ` + "`again`" + ` |  | ✓ |  |
| One \| two | ` + "`look`" + ` |  | ✗ | ✓ |
| A pipe is a pipe | ` + "`pipes`" + ` | ✓ | – |  |

1 further scripts ran on all of them and hold.
`
	if page.String() != want {
		t.Errorf("got\n%s\nwant\n%s", page.String(), want)
	}
	if _, err := read(strings.NewReader("FAIL\n")); err == nil {
		t.Error("a file without engines is no error")
	}
}
