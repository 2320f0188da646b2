package decide

import (
	"ctenv/internal/expand"
	"ctenv/internal/look"
	"ctenv/internal/plan"
)

// FingerprintOf is the document behind a plan's fingerprint.
func FingerprintOf(d *expand.Draft, p plan.Plan) []byte {
	_, doc := (&decision{Draft: d}).fingerprint(&p, look.Facts{})
	return doc
}
