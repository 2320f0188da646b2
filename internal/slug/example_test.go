package slug_test

import (
	"fmt"

	"ctenv/internal/slug"
)

func ExampleOf() {
	fmt.Println(slug.Of("/home/alice/My Project"))
	fmt.Println(slug.Of("Build & Test"))
	fmt.Println(slug.OfImage("a..b_-c."))
	// Output:
	// home-alice-my-project
	// build-test
	// a-b-c
}
