package expand

import (
	"ctenv/internal/mistake"
	"ctenv/internal/template"
	"ctenv/internal/volume"
)

// certificates notes the files of certificates, to be read before the plan is made.
func (x *expansion) certificates(d *Draft) error {
	for i, s := range d.Settings.CACertificates {
		key := mistake.Item("ca_certificates", i, s)
		p, err := x.Vars.Expand(s, key, template.Strict)
		if err != nil {
			return err
		}
		sp := volume.Spec{At: s, Key: key}
		sp.Host, err = x.Path(p, s.Pos)
		if err != nil {
			return mistake.Wrap(s, key, err)
		}
		d.Certificates = append(d.Certificates, sp)
	}
	return nil
}
