//go:build linux

package setup

import "ctenv/internal/truststore"

// certificates has the container trust those of the request, beside its own.
func (in *Init) certificates() (did string, _ error) {
	if len(in.req.Certificates) > 0 {
		in.env, did = truststore.Add(in.root, &in.req, in.env, in.msg)
	}
	return did, nil
}
