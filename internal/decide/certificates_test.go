package decide

import (
	"bytes"
	"encoding/pem"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestAppendCertificates: of a file's certificates each is taken, or it is said.
func TestAppendCertificates(t *testing.T) {
	golden, err := txtar.ParseFile("testdata/certificates.txtar")
	if err != nil {
		t.Fatal(err)
	}
	_, one, _ := strings.Cut(string(golden.Files[1].Data), "\n")
	block, _ := pem.Decode([]byte(one))
	broken := strings.Replace(one, "MIIB", "MI?B", 1)
	for name, c := range map[string]struct {
		file  string
		count int    // of certificates
		want  string // in the error
	}{
		"several, and text around":    {"# corp\n" + one + "\n# other\n" + one, 2, ""},
		"lines end in CR LF":          {strings.ReplaceAll(one+one, "\n", "\r\n"), 2, ""},
		"no newline at the end":       {strings.TrimSuffix(one, "\n"), 1, ""},
		"a byte order mark":           {"\ufeff" + one, 1, ""},
		"a byte order mark, and more": {"\ufeff" + one + one, 2, ""},
		"one that is damaged":         {one + broken, 0, "damaged, cut off or indented"},
		"one that is cut off":         {one + one[:200], 0, "damaged, cut off or indented"},
		"indented":                    {"  " + strings.ReplaceAll(one, "\n", "\n  "), 0, "damaged, cut off or indented"},
		"other blocks":                {strings.ReplaceAll(one, "CERTIFICATE", "X509 CRL"), 0, "no certificate in PEM"},
		"DER":                         {string(block.Bytes), 0, "in DER"},
		"a key":                       {one + strings.ReplaceAll(one, "CERTIFICATE", "EC PRIVATE KEY"), 0, "a private key"},
	} {
		var all bytes.Buffer
		err := appendCertificates(&all, []byte(c.file))
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", name, err)
			}
		} else if err != nil || all.String() != strings.Repeat(one, c.count) {
			t.Errorf("%s: %v\n%s", name, err, &all)
		}
	}
}
