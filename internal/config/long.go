package config

import "fmt"

// maxItems is how many items a list or table of a container may have, and how many
// containers a file. What is done with
// many of them grows with their square, and a file of 1 MiB that a stranger has written
// has room for a hundred thousand.
const maxItems = 1000

// checkLengths refuses lists and tables that are too long. under is the key that they are
// in, with a dot, or "". The words of a command are not counted: nothing is done with them.
func checkLengths(c *Container, keys []Key, under string) error {
	for _, k := range keys {
		if k.Kind == KindKeys {
			if err := checkLengths(c, k.Keys, under+k.Name+"."); err != nil {
				return err
			}
			continue
		}
		if items := rows(c, []Key{k}, under); len(items) > maxItems {
			return &Error{Pos: items[maxItems].Pos, Msg: fmt.Sprintf("%s has %d items, and a container may have %d", under+k.Name, len(items), maxItems), Hint: "take out those that it can do without"}
		}
	}
	return nil
}
