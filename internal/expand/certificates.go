package expand

import "ctenv/internal/mistake"

// certificates notes the files of certificates, to be read before the plan is made.
func (x *expansion) certificates(d *Draft) error {
	for i, s := range d.Settings.CACertificates {
		sp, err := x.file(s, mistake.Item("ca_certificates", i, s))
		if err != nil {
			return err
		}
		d.Certificates = append(d.Certificates, sp)
	}
	return nil
}
