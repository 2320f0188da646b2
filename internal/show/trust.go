package show

import (
	"ctenv/internal/term"
	"ctenv/internal/trust"
)

// Grants prints what is asked for, and whether it is allowed.
func Grants(out *term.Console, r trust.Request) error {
	t := out.Out().Table(term.Column{Head: "ALLOWED"}, term.Column{Head: "KIND"}, term.Column{Head: "WHAT", Cut: term.Broken}, term.Column{Head: "FROM", Cut: term.Broken})
	fresh := map[string]bool{}
	for _, g := range r.Fresh {
		fresh[g.Key()] = true
	}
	for _, g := range r.All {
		allowed := "yes"
		if fresh[g.Key()] || g.Refused != "" {
			allowed = "no"
		}
		t.Text(allowed, g.Kind, g.Value, place(out, g.Pos))
	}
	if err := t.Print(); err != nil {
		return err
	}
	return out.Print("\nfingerprint: " + r.Fingerprint() + "\n")
}

// Allowed prints what is allowed, for every repository.
func Allowed(out *term.Console, records []trust.Record) error {
	t := out.Out().Table(term.Column{Head: "REPOSITORY", Cut: term.CutStart}, term.Column{Head: "KIND"}, term.Column{Head: "WHAT", Cut: term.Broken})
	for _, r := range records {
		for _, g := range r.Grants {
			t.Text(r.Repository, g.Kind, g.Value)
		}
	}
	return t.Print()
}
