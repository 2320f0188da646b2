package plan

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/mistake"
	"ctenv/internal/template"
	"ctenv/internal/wire"
)

// certificates notes the files of certificates, to be read before Build.
func (x *expansion) certificates(d *Draft) error {
	for i, s := range d.c.CACertificates {
		key := mistake.Item("ca_certificates", i, s)
		p, err := x.vars.Expand(s, key, template.Strict)
		if err != nil {
			return err
		}
		sp := spec{at: s, key: key}
		sp.host, err = x.onlyPath(p, s.Pos)
		if err != nil {
			return mistake.Wrap(s, key, err)
		}
		d.certificates = append(d.certificates, sp)
	}
	return nil
}

// buildCertificates has the container trust them. They travel as their content, so that
// what was looked at is what is trusted, on every engine.
func (d *Draft) buildCertificates(p *Plan, seen Seen) error {
	var all bytes.Buffer
	for _, sp := range d.certificates {
		if there := seen.Paths[sp.host]; !there.Exists {
			return &config.Error{Pos: sp.at.Pos, Msg: fmt.Sprintf("%s: %q does not exist", sp.key, sp.host), Hint: "leave it out, or name a file of certificates in PEM"}
		}
		if err := d.believed(sp.at, sp.key, sp.host, seen); err != nil {
			return err
		}
		f, read := seen.Files[sp.host]
		if !read {
			continue // not allowed yet
		}
		if f.Err != nil {
			return mistake.At(sp.at, sp.key, "reading %q: %v", sp.host, f.Err)
		}
		if err := appendCertificates(&all, f.Data); err != nil {
			return mistake.Of(sp.at.Pos, err, "%s: %q %v", sp.key, sp.host, err)
		}
	}
	p.Request.Certificates = wire.Text(all.String())
	return nil
}

// appendCertificates adds those of a PEM file, without what stands around them.
func appendCertificates(all *bytes.Buffer, data []byte) error {
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
	if n == 0 {
		return mistake.Refuse("holds no certificate in PEM", "it has lines like -----BEGIN CERTIFICATE-----")
	}
	return nil
}
