// Command execonly execs its arguments and does nothing else: the least that any
// Go program costs as an entrypoint.
package main

import (
	"os"
	"syscall"
)

func main() {
	if err := syscall.Exec(os.Args[1], os.Args[1:], os.Environ()); err != nil {
		println(err.Error())
		os.Exit(127)
	}
}
