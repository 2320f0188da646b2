package term_test

import (
	"fmt"
	"os"

	"ctenv/internal/term"
)

// A table lines up whatever its cells hold, and sends no control characters.
func ExampleTable() {
	out := term.New(os.Stdout, os.Getenv)
	t := out.Table(term.Column{Head: "NAME"}, term.Column{Head: "STATUS"})
	t.Text("日本語", "Up 3 minutes")
	t.Text("db", "Exited\x1b[2J")
	if err := t.Print(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// NAME     STATUS
	// 日本語   Up 3 minutes
	// db       Exited\x1b[2J
}

func ExampleWrap() {
	fmt.Println(term.Wrap("a text that is longer than a line", 20, "  "))
	// Output:
	// a text that is
	//   longer than a line
}
