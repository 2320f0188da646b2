package tomltext_test

import (
	"fmt"

	"ctenv/internal/tomltext"
)

func Example() {
	fmt.Println(tomltext.Key("gcc-12.2"), "=", tomltext.Quote("say \"hi\"\n"))
	// Output: "gcc-12.2" = "say \"hi\"\n"
}

// Hint is for a line that TOML does not take.
func ExampleHint() {
	fmt.Println(tomltext.Hint("image: debian"))
	fmt.Println(tomltext.Hint("sudo = True"))
	// Output:
	// write image = "debian"
	// write sudo = true
}
