package runargs

import (
	"reflect"
	"testing"
)

func TestUnder(t *testing.T) {
	for _, tt := range []struct {
		args, limits []string
		undone       map[int]Arg
		set          []Arg
	}{
		{[]string{"--memory=1g"}, []string{"--memory=2g"}, map[int]Arg{}, nil},
		{[]string{"--memory=3g"}, []string{"--memory=2g"}, map[int]Arg{0: {"memory", "2g"}}, []Arg{{"memory", "2g"}}},
		{[]string{"--memory=0"}, []string{"--memory=2g"}, map[int]Arg{0: {"memory", "2g"}}, []Arg{{"memory", "2g"}}},
		{[]string{"--pids-limit=-1", "--cpus=2"}, []string{"--pids-limit=9", "--cpus=1.5"},
			map[int]Arg{0: {"pids-limit", "9"}, 1: {"cpus", "1.5"}}, []Arg{{"pids-limit", "9"}, {"cpus", "1.5"}}},
		{[]string{"--cap-add=SYS_PTRACE", "--cap-add=net_raw", "--privileged"}, []string{"--cap-drop=NET_RAW"},
			map[int]Arg{1: {"cap-drop", "NET_RAW"}, 2: {"cap-drop", "NET_RAW"}}, []Arg{{"cap-drop", "NET_RAW"}}},
		{[]string{"--privileged=1", "--read-only=F"}, []string{"--cap-drop=NET_RAW", "--read-only"},
			map[int]Arg{0: {"cap-drop", "NET_RAW"}, 1: {"read-only", "true"}}, []Arg{{"cap-drop", "NET_RAW"}, {"read-only", "true"}}},
		{[]string{"--cap-add=SYS_PTRACE"}, []string{"--cap-drop=ALL"}, map[int]Arg{0: {"cap-drop", "ALL"}}, []Arg{{"cap-drop", "ALL"}}},
		{[]string{"--security-opt=no-new-privileges:false", "--security-opt=label=disable", "--read-only=false"},
			[]string{"--security-opt=no-new-privileges", "--read-only"},
			map[int]Arg{0: {"security-opt", "no-new-privileges"}, 2: {"read-only", "true"}}, []Arg{{"security-opt", "no-new-privileges"}, {"read-only", "true"}}},
		{[]string{"--dns=1.1.1.1"}, []string{"--dns=9.9.9.9"}, map[int]Arg{}, []Arg{{"dns", "9.9.9.9"}}},
	} {
		args, err := Parse(tt.args)
		if err != nil {
			t.Fatal(err)
		}
		limits, err := Parse(tt.limits)
		if err != nil {
			t.Fatal(err)
		}
		undone, set := Under(args, limits)
		if !reflect.DeepEqual(undone, tt.undone) || !reflect.DeepEqual(set, tt.set) {
			t.Errorf("%q under %q: undone %v, set %v", tt.args, tt.limits, undone, set)
		}
	}
}

func TestPlaces(t *testing.T) {
	words := []string{"--cap-add", "A", "--privileged", "-p80:80", "--dns=1.1.1.1", "--label a=b", "--nothing", "--init"}
	want := []Place{{"cap-add", 0, 1, 0}, {"privileged", 2, 2, 12}, {"publish", 3, 3, 2}, {"dns", 4, 4, 6}, {"label", 5, 5, 8}}
	if got := Places(words); !reflect.DeepEqual(got, want) {
		t.Error(got)
	}
}
