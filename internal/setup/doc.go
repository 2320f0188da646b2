// Package setup is the work of ctenv-init inside the container: it makes the
// caller's account and home, runs the configured commands, gives the flagged
// volumes to the caller, drops root's privileges and becomes the command.
//
// The steps and their order are in steps.go. What a step does is mostly in a package of its
// own, which takes values and knows no Init. A step returns what it did, for -v, or an
// error without its own name; Run adds the name, and only main prints and exits. Nothing
// shells out, but for the package manager and the user's own commands: the image may hold
// nothing at all.
package setup
