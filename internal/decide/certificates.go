package decide

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"ctenv/internal/config"
	"ctenv/internal/look"
	"ctenv/internal/mistake"
	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// buildCertificates has the container trust them. They travel as their content, so that
// what was looked at is what is trusted, on every engine.
func (d *decision) buildCertificates(p *plan.Plan, seen look.Seen) error {
	var all bytes.Buffer
	for _, sp := range d.Certificates {
		if there := seen.Paths[sp.Host]; !there.Exists && there.Err == nil {
			return &config.Error{Pos: sp.At.Pos, Msg: fmt.Sprintf("%s: %q does not exist", sp.Key, sp.Host), Hint: "leave it out, or name a file of certificates in PEM"}
		}
		data, read, err := d.content(sp.At, sp.Key, sp.Host, seen)
		if err != nil {
			return err
		}
		if !read {
			continue
		}
		if err := appendCertificates(&all, data); err != nil {
			return mistake.Of(sp.At.Pos, err, "%s: %q %v", sp.Key, sp.Host, err)
		}
	}
	p.Request.Certificates = wire.Text(all.String())
	return nil
}

// beginning is where a certificate begins, or was meant to.
var beginning = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^\s*-----BEGIN CERTIFICATE-----`) })

// appendCertificates adds those of a PEM file, without what stands around them.
func appendCertificates(all *bytes.Buffer, data []byte) error {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // as Windows' editors begin a file
	n := 0
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if strings.Contains(block.Type, "PRIVATE KEY") {
			return mistake.Refuse("holds a private key, which no container is given", "name a file with the certificate alone")
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return fmt.Errorf("holds a certificate that cannot be read: %w", err)
		}
		n++
		if err := pem.Encode(all, &pem.Block{Type: block.Type, Bytes: block.Bytes}); err != nil {
			return err
		}
	}
	if _, err := x509.ParseCertificate(data); n == 0 && err == nil {
		return mistake.Refuse("is a certificate in DER, not in PEM", "openssl x509 -inform der -in FILE -out FILE.pem")
	}
	// What cannot be read as a block is passed over by pem.Decode without a word.
	if n < len(beginning().FindAll(data, -1)) {
		return mistake.Refuse("holds a certificate that is damaged, cut off or indented", "each has a line -----BEGIN CERTIFICATE----- and a line -----END CERTIFICATE----- around it")
	}
	if n == 0 {
		return mistake.Refuse("holds no certificate in PEM", "it has lines like -----BEGIN CERTIFICATE-----")
	}
	return nil
}
