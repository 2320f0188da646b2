package show_test

import (
	"fmt"
	"os"

	"ctenv/internal/engine"
	"ctenv/internal/show"
	"ctenv/internal/term"
)

func ExampleList() {
	err := show.List(&term.Console{Stdout: os.Stdout}, []engine.Container{
		{ID: "0123456789abcdef", ProjectDir: "/home/alice/app", Container: "dev", Image: "gcc:14", Status: "Up 3 minutes", Names: []string{"ctenv-app-dev"}, Ports: []string{"127.0.0.1:3000->3000/tcp"}},
		{ID: "fedcba9876543210", ProjectDir: "/home/alice/site", Container: "default", Image: "node:lts", Status: "Up 2 hours", Names: []string{"ctenv-site-default"}},
	}, false)
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// ID             PROJECT DIR        CONTAINER   IMAGE      STATUS         NAMES                PORTS
	// 0123456789ab   /home/alice/app    dev         gcc:14     Up 3 minutes   ctenv-app-dev        127.0.0.1:3000->3000/tcp
	// fedcba987654   /home/alice/site   default     node:lts   Up 2 hours     ctenv-site-default
}
