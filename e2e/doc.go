// Package e2e tests the promise itself: the real ctenv, called by an ordinary
// user, on a real engine. Its scripts are testdata/*.txtar, each of one behaviour;
// `make test` prepares what they need and runs them.
//
// Beside testscript's own commands there are
//
//	ctenv ARG...             bin/ctenv, as the caller (see caller_test.go)
//	caller COMMAND ARG...    any command as the caller, with ctenv on its PATH
//	engine ARG...            docker, as root
//	exitcode N COMMAND ...   the command has to end with status N
//	pty STEPS COMMAND ...    the command in a terminal (see pty_test.go)
//	signal NAME              a signal, as TERM, to all that runs in the background
//	owner UID:GID PATH...    the paths have to belong to that user and group
//	identity NAME UID GID    another caller from here on, unknown to the host
//	newvolume NAME           no volume of that name, now and afterwards
//	tag IMAGE NAME           another name for an image while the script runs
//	network NAME             a network of that name while the script runs
//	ownengine IMAGE          an engine for this script alone, to be killed
//	nocontainers             the script's projects have left no container
//
// and the variables NAME (a prefix for names in the engine; what carries it is
// removed in the end), USER, UID and GID (the caller's). `ctenv` and the rest of
// the first five are programs: they read stdin, may run in the background with &
// and take signals.
package e2e
