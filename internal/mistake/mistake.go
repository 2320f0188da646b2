// Package mistake makes the errors about values of the configuration.
package mistake

import (
	"errors"
	"fmt"

	"ctenv/internal/config"
	"ctenv/internal/hint"
)

// At makes an error about a value.
func At[T any](v config.Value[T], key, format string, a ...any) error {
	return &config.Error{Pos: v.Pos, Msg: key + ": " + fmt.Sprintf(format, a...)}
}

// Found says of an error about a value that what is here is the reason; nil stays
// nil.
func Found(err error) error {
	if e, ok := err.(*config.Error); ok {
		e.Found = true
	}
	return err
}

// Wrap gives err the place of s; nil stays nil.
func Wrap(s config.String, key string, err error) error {
	if err == nil {
		return nil
	}
	return Of(s.Pos, err, "%s: %q: %v", key, s.V, err)
}

// Of is the error of a value at pos, with what err, its cause, carries.
func Of(pos config.Pos, err error, format string, a ...any) *config.Error {
	way, code := hint.Of(err)
	return &config.Error{Pos: pos, Msg: fmt.Sprintf(format, a...), Hint: way, Found: code == hint.Config}
}

// Refuse is an error about a value, with the way out.
func Refuse(text, way string) error { return hint.With(errors.New(text), way) }

// Item names the i-th item of a list, counted from 0. A flag's has no number: the
// caller would count from the first flag, and the file's items come before it.
func Item(key string, i int, s config.String) string {
	if s.Pos.Line == 0 {
		return key
	}
	return fmt.Sprintf("%s[%d]", key, i+1)
}
