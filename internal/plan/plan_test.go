package plan_test

import (
	"reflect"
	"strings"
	"testing"

	"ctenv/internal/plan"
)

// TestPlain: a plan is what it shows. Nothing in it is a secret of the package that made
// it, so that it can be printed, compared and made by hand.
func TestPlain(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var look func(reflect.Type)
	look = func(typ reflect.Type) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		switch typ.Kind() {
		case reflect.Slice, reflect.Pointer, reflect.Map:
			look(typ.Elem())
		case reflect.Func, reflect.Chan, reflect.Interface:
			t.Errorf("%s is no value", typ)
		case reflect.Struct:
			for field := range typ.Fields() {
				if !field.IsExported() && strings.HasPrefix(typ.PkgPath(), "ctenv/") {
					t.Errorf("%s.%s is hidden", typ, field.Name)
				}
				look(field.Type)
			}
		}
	}
	look(reflect.TypeFor[plan.Plan]())
	look(reflect.TypeFor[plan.Exec]())
}
