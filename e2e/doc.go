// Package e2e tests the promise itself: the real ctenv, called by an ordinary
// user, on real engines. Its scripts are testdata/*.txtar, each of one behaviour,
// and each runs on every engine; `make test` prepares what they need and runs them.
// By hand, on one engine:
//
//	CTENV_TEST_ENGINES=podman go test -count=1 ./e2e -run 'TestScripts/podman/^NAME$'
//
// CTENV_TEST_ENGINES names docker, docker-rootless and podman, or some of them; one
// that is missing is an error. Without the variable it is those that answer.
//
// Beside testscript's own commands there are
//
//	ctenv ARG...             bin/ctenv, as the caller (see caller_test.go)
//	caller COMMAND ARG...    any command as the caller, with ctenv on its PATH
//	engine ARG...            docker or podman, as whoever owns what it holds
//	exitcode N COMMAND ...   the command has to end with status N
//	pty STEPS COMMAND ...    the command in a terminal (see pty_test.go)
//	streams COMMAND ...      commands in containers with streams of all kinds (see streams_test.go)
//	await PATH [REGEXP]      until a file is there, and holds that
//	signal NAME              a signal, as TERM, to all that runs in the background
//	owner UID:GID PATH...    the paths have to belong to that user and group
//	acl UID PATH...          a user is let in to the paths by name (acl(5))
//	identity NAME UID GID    another caller from here on, unknown to the host
//	newvolume NAME           no volume of that name, now and afterwards
//	tag IMAGE NAME           another name for an image while the script runs
//	network NAME             a network of that name while the script runs
//	noservice                podman works without the suite's service, which is SERVICE
//	buildx                   docker's buildx plugin in the caller's home
//	mounted OPTION... FROM TO a mount of root's, as mount(8) makes it, while the script runs
//	ownengine IMAGE [OPTION...] a docker engine for this script alone, to be killed or restarted
//	farengine IMAGE          one that sees no directory of the suite's (see endpoints_test.go)
//	sshd                     an ssh server on loopback (see sshd_test.go)
//	registry [private]       a registry on loopback (see registry_test.go)
//	publish IMAGE NAME       a new image in it
//	stall [mute]             its stand-in that stops in the middle of a layer, or says nothing
//	proxy DIR             a proxy with a password, and files that it alone leads to (see proxy_test.go)
//	nocontainers             the script's projects have left no container
//
// and the variables NAME (a prefix for names in the engine; what carries it is
// removed in the end), USER, UID and GID (the caller's), CUID, CGID and CGROUP (the
// same as a container shows them, which is root for a rootless docker) and ROOT (the
// owner on the host of what a container's root makes). `ctenv` and the rest
// of the first six are programs: they read stdin, may run in the background with &
// and take signals.
//
// The conditions [docker], [podman], [rootless], [rootful] and [as-root] (a rootless
// docker, where the caller is root) are for lines and scripts that hold on some
// engines only, each with its reason. [again] and [again-kind] are for scripts of what is
// the same on every engine, or for docker whoever runs it: they hold where the suite has
// run the script already. CTENV_TEST_EVERY=1 has it run everywhere all the same.
//
// What two channels tell has no order: a file may be there before the text that was
// written ahead of it has come through. So a script awaits on the channel that counts.
//
// TestDocs runs the commands of README.md and docs/*.md and compares what they print
// (see docs_test.go for what may differ); with -update it writes what it has seen.
// TestExamples runs the examples of every command's help.
package e2e
