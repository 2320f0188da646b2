package dockerfile_test

import (
	"fmt"

	"ctenv/internal/dockerfile"
)

func Example() {
	text := "FROM debian # not a comment\nRUN apt-get update && \\\n    apt-get install -y make\nCOPY <<EOF /etc/motd\nhello\nEOF\n"
	for _, line := range dockerfile.Instructions(text) {
		fmt.Printf("%q\n", line)
	}
	fmt.Println(dockerfile.WantsContext(text), dockerfile.WantsContext(text+"COPY src /src\n"))
	// Output:
	// "FROM debian # not a comment"
	// "RUN apt-get update &&     apt-get install -y make"
	// "COPY <<EOF /etc/motd"
	// false true
}
