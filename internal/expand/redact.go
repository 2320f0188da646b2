package expand

import (
	"errors"
	"strconv"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/slug"
	"ctenv/internal/template"
)

// Redact takes the values of variables that templates have brought in out of an error:
// a mistake is said before the caller has allowed a variable, and where others read it.
func Redact(err error, raw config.Container, env map[string]string) error {
	var e *config.Error
	if !errors.As(err, &e) {
		return err
	}
	for _, r := range raw.Rows() {
		for _, text := range r.Texts() {
			for _, name := range template.Variables(text) {
				value := env[name]
				if len(value) < 4 { // no secret, and found in every other word
					continue
				}
				quoted := strconv.Quote(value)
				for _, v := range []string{value, quoted[1 : len(quoted)-1], slug.Of(value)} {
					e.Msg = strings.ReplaceAll(e.Msg, v, "${env."+name+"}")
					e.Hint = strings.ReplaceAll(e.Hint, v, "${env."+name+"}")
				}
			}
		}
	}
	return err
}
