package config

import (
	"reflect"
	"testing"
)

// TestUnsetEveryKey: unset takes back whatever a lower layer can have set.
func TestUnsetEveryKey(t *testing.T) {
	for _, k := range keys {
		if k.field == nil {
			continue
		}
		lower := Container{}
		switch v := k.field(&lower).(type) {
		case *String:
			*v = String{V: "x", Set: true}
		case *Value[bool]:
			*v = Value[bool]{V: true, Set: true}
		case *Command:
			*v = Command{Shell: String{V: "x", Set: true}, Set: true}
		case *[]String:
			*v = []String{{V: "x", Set: true}}
		case *[]Entry:
			*v = []Entry{{Key: "x"}}
		case *Packages:
			*v = Packages{{Key: "apt"}}
		case *Build:
			*v = Build{Target: String{V: "x", Set: true}, Set: true}
		default:
			t.Fatalf("%s: a field of another type", k.Name)
		}
		got := Merge(lower, Container{Unset: []String{{V: k.Name, Set: true}}})
		if k.Name == "unset" {
			continue // says what it has taken back itself
		}
		if !reflect.ValueOf(k.field(&got)).Elem().IsZero() {
			t.Errorf("unset = [%q] leaves %+v", k.Name, k.field(&got))
		}
	}
}
