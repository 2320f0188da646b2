package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"ctenv/internal/tomltext"
)

// PackageManagers are the names that a table of packages may have. Those for dnf are
// for microdnf and yum too, which read the same repositories.
var PackageManagers = []string{"apt", "dnf", "microdnf", "yum", "apk", "zypper", "pacman"}

// packages reads a list of packages, or a table of lists.
func packages(k *Key, name string, n *node) (Packages, error) {
	if n.kind != unstable.Table {
		if n.kind != unstable.Array {
			return nil, wrongKind(name, "an array of strings or a table of them", n)
		}
		return packageList(k, name, "", n)
	}
	var all Packages
	for _, e := range n.entries {
		path := name + "." + tomltext.Key(e.key)
		if !slices.Contains(PackageManagers, e.key) {
			hint := didYouMean(e.key, PackageManagers)
			if e.key == "apt-get" {
				hint = "write apt"
			}
			if hint == "" {
				hint = "they are " + strings.Join(PackageManagers, ", ")
			}
			return nil, &Error{Pos: e.pos, Msg: fmt.Sprintf("%s: no package manager that is known", path), Hint: hint}
		}
		of, err := packageList(k, path, e.key, e.value)
		if err != nil {
			return nil, hinted(err, k, e.value)
		}
		all = append(all, of...)
	}
	return all, nil
}

func packageList(k *Key, name, manager string, n *node) (Packages, error) {
	items, err := list(k, name, n)
	var of Packages
	for _, item := range items {
		of = append(of, Entry{Key: manager, Value: item})
	}
	return of, err
}
