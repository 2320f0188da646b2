// Package runargs reads options of `docker run` (the key run_args and the flag
// --run-arg) and puts them into the engine's types. One table holds every option
// that is supported.
package runargs

// Arg is one option of `docker run`: its long name without dashes and its value
// as written ("true" for a switch).
type Arg struct {
	Name, Value string
}
