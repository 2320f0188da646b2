package config

import (
	"fmt"
	"slices"
	"strings"

	"ctenv/internal/nearest"
	"ctenv/internal/tomltext"
)

// Check refuses values that their keys do not take: a pull policy, a runtime, a
// tty or a limit that does not exist. It passes over a value that still holds a
// template, so it is called again once templates are expanded.
func (c Container) Check() error {
	return check(&c, keys)
}

func check(c *Container, keys []Key) error {
	for _, k := range keys {
		switch {
		case k.Kind == KindKeys:
			if err := check(c, k.Keys); err != nil {
				return err
			}
		case k.Kind == KindUlimits:
			for _, e := range *k.field(c).(*[]Entry) {
				if err := checkUlimit(k.Name, e); err != nil {
					return err
				}
			}
		case len(k.Values) > 0:
			var values []String
			switch v := k.field(c).(type) {
			case *String:
				values = append(values, *v)
			case *[]String:
				values = *v
			}
			for _, v := range values {
				if err := k.checkValue(v); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// checkValue refuses a value that is none of k.Values.
func (k *Key) checkValue(v String) error {
	if !v.Set || hasTemplate(v.V) || slices.Contains(k.Values, v.V) {
		return nil
	}
	hint := didYouMean(v.V, k.Values)
	switch {
	case hint != "":
	case k.Kind == KindBoolOrAuto:
		hint = "write " + k.Name + " = " + tomltext.Bool(v.V)
	case k.Default != "":
		hint = "write " + k.Name + " = " + tomltext.Quote(k.Default)
	}
	return &Error{Pos: v.Pos, Msg: fmt.Sprintf("%s must be %s, not %q", k.Name, k.OneOf(), v.V), Hint: hint}
}

func checkUlimit(key string, e Entry) error {
	if !slices.Contains(UlimitNames, e.Key) {
		hint := didYouMean(e.Key, UlimitNames)
		if hint == "" {
			hint = "the limits are " + strings.Join(UlimitNames, ", ")
		}
		return &Error{Pos: e.Value.Pos, Msg: fmt.Sprintf("unknown limit %q in %s", e.Key, key), Hint: hint}
	}
	if hasTemplate(e.Value.V) {
		return nil
	}
	if _, _, err := ParseUlimit(e.Value.V); err != nil {
		return &Error{Pos: e.Value.Pos, Msg: fmt.Sprintf("%s.%s: %v", key, e.Key, err)}
	}
	return nil
}

// OneOf lists the allowed values as a file would write them.
func (k *Key) OneOf() string {
	var words []string
	for _, v := range k.Values {
		if k.Kind != KindBoolOrAuto || v == "auto" {
			v = tomltext.Quote(v)
		}
		words = append(words, v)
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

func hasTemplate(s string) bool { return strings.Contains(s, "${") }

// didYouMean is the hint with the nearest of known, or "".
func didYouMean(word string, known []string) string {
	if near := nearest.Of(word, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}
