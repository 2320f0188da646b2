package config

import (
	"fmt"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// Whatever a file holds: no panic, the same answer twice, a tree that is what
// go-toml's own decoder reads, and every value at a place inside the file.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		buildSystem,
		"",
		"\ufeff[defaults]\r\nsudo = true\r\n",
		"trust = \"off\"\ncontainers.a.build.args.X = \"1\"\n",
		"[[containers.a]]\nx = [[1, 2], [{ y = 1979-05-27T07:32:00Z }]]\n[[containers.a]]\n[containers.a.b]\n",
		"[containers.a]\nulimits = { nofile = { soft = 0x10, hard = \"unlimited\" }, core = -1 }\n",
		"[containers.a]\ngosu_path = nan\ndir_mount = '''\n/a'''\ngroups = [1_0, 'x']\ncommand = [\"a\"]\n",
		"a = \"\xe9\"",
		"a = [\n# c\n1, # d\n]",
		"[a.b]\nc = 1\n[a]\nd = 2\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, firstWarnings, firstErr := decodeAll(text, true)
		second, secondWarnings, secondErr := decodeAll(text, true)
		if !reflect.DeepEqual(first, second) || !reflect.DeepEqual(firstWarnings, secondWarnings) || !reflect.DeepEqual(firstErr, secondErr) {
			t.Fatalf("two decodes differ: %v, %v", firstErr, secondErr)
		}
		src := &Source{Name: "f.toml"}
		root, err := parseTree([]byte(text), src)
		if err != nil {
			if firstErr == nil {
				t.Fatalf("decoded, though %v", err)
			}
			return
		}
		var want map[string]any
		if err := toml.Unmarshal(trimMark(text), &want); err != nil {
			t.Fatalf("go-toml refuses what was read: %v", err)
		}
		if err := sameTree(root, want, "", text); err != nil {
			t.Fatal(err)
		}
		for _, c := range first {
			for _, r := range c.Rows() {
				var back map[string]any
				if err := toml.Unmarshal([]byte(r.Key+" = "+r.Value), &back); err != nil {
					t.Fatalf("row %s = %s is no TOML: %v", r.Key, r.Value, err)
				}
			}
		}
	})
}

func trimMark(text string) []byte {
	if r, size := utf8.DecodeRuneInString(text); r == '\ufeff' {
		return []byte(text[size:])
	}
	return []byte(text)
}

// sameTree compares the tree with what go-toml's decoder made of the text.
func sameTree(n *node, want any, path, text string) error {
	if n.pos.Line < 1 || n.pos.Col < 1 || n.pos.Line > len(text)+1 || n.pos.Col > len(text)+1 {
		return fmt.Errorf("%s is at %s", path, n.pos)
	}
	switch want := want.(type) {
	case map[string]any:
		if n.kind != unstable.Table || len(n.entries) != len(want) {
			return fmt.Errorf("%s: %d entries, want %v", path, len(n.entries), want)
		}
		for key, v := range want {
			e := n.get(key)
			if e == nil {
				return fmt.Errorf("%s: no %q", path, key)
			}
			if err := sameTree(e.value, v, path+"."+key, text); err != nil {
				return err
			}
		}
	case []any:
		if n.kind != unstable.Array || len(n.items) != len(want) {
			return fmt.Errorf("%s: %d items, want %v", path, len(n.items), want)
		}
		for i, v := range want {
			if err := sameTree(n.items[i], v, fmt.Sprintf("%s[%d]", path, i), text); err != nil {
				return err
			}
		}
	case string:
		if n.kind != unstable.String || n.text != want {
			return fmt.Errorf("%s: %q, want %q", path, n.text, want)
		}
	case bool:
		if n.kind != unstable.Bool || (n.text == "true") != want {
			return fmt.Errorf("%s: %q, want %t", path, n.text, want)
		}
	case int64:
		if got, err := integer(n.text); n.kind != unstable.Integer || err != nil || got != want {
			return fmt.Errorf("%s: %q is %d (%v), want %d", path, n.text, got, err, want)
		}
	}
	return nil
}
