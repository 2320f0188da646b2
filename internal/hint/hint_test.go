package hint_test

import (
	"errors"
	"fmt"
	"testing"

	"ctenv/internal/hint"
)

func TestOf(t *testing.T) {
	plain := errors.New("no such file")
	for name, c := range map[string]struct {
		err  error
		hint string
		code int
	}{
		"none":                       {nil, "", 0},
		"an error of its own":        {plain, "", 0},
		"a hint":                     {hint.With(plain, "make it"), "make it", 0},
		"wrapped":                    {fmt.Errorf("reading: %w", hint.With(plain, "make it")), "make it", 0},
		"a failure":                  {hint.Failed(plain, ""), "", hint.Engine},
		"the outermost of each":      {hint.Failed(hint.With(plain, "inner"), "outer"), "outer", hint.Engine},
		"a hint inside of a failure": {hint.Failed(hint.With(plain, "make it"), ""), "make it", hint.Engine},
		"a failure inside of a hint": {hint.With(hint.Failed(plain, ""), "make it"), "make it", hint.Engine},
		"joined, the first":          {errors.Join(plain, hint.With(plain, "a"), hint.Failed(plain, "b")), "a", hint.Engine},
	} {
		t.Run(name, func(t *testing.T) {
			if h, code := hint.Of(c.err); h != c.hint || code != c.code {
				t.Errorf("it carries %q and %d, not %q and %d", h, code, c.hint, c.code)
			}
		})
	}
	if hint.With(nil, "x") != nil || hint.Failed(nil, "x") != nil {
		t.Error("nil did not stay nil")
	}
}

func ExampleOf() {
	err := hint.Failed(errors.New("no engine answers"), "is it running?")
	way, code := hint.Of(fmt.Errorf("doctor: %w", err))
	fmt.Println(way, code)
	// Output: is it running? 125
}
