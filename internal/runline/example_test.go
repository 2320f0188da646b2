package runline_test

import (
	"fmt"

	"ctenv/internal/runline"
)

func ExampleFrom() {
	c, err := runline.From([]string{`docker run -it --rm -v "$PWD":/app -w /app -u 1000 gcc:14 make -j4`}, "/home/alice/app")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(c.File())
	// Output:
	// [containers.gcc]
	// image = "gcc:14"
	// command = ["make", "-j4"]
	// project_target = "/app"
	//
	// # Not taken over:
	// #   --interactive: stdin is connected anyway
	// #   --tty: there is a terminal where yours is one
	// #   --rm: the container is removed afterwards anyway
	// #   --user=1000: the command runs as you; sudo = true lets it become root
	// #   the image's ENTRYPOINT: not run; image_entrypoint = true runs it
}
