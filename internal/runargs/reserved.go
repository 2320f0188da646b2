package runargs

// reserved are the options of `docker run` whose place is taken: by a key of the
// configuration, or by something that ctenv does in every run.
var reserved = []struct {
	name, short, alias string
	instead            string // what to do, for the message and the docs
}{
	{name: "attach", short: "a", instead: "ctenv attaches the streams itself; the keys are stdin and detach"},
	{name: "cidfile", instead: "ctenv run -d prints the container's id"},
	{name: "detach", short: "d", instead: "the key is detach"},
	{name: "detach-keys", instead: "ctenv takes detachKeys from docker's own configuration"},
	{name: "entrypoint", instead: "the keys are command and image_entrypoint"},
	{name: "group-add", instead: "the key is groups"},
	{name: "help", instead: "ctenv help run"},
	{name: "hostname", short: "h", instead: "the key is hostname"},
	{name: "init", instead: "every container has the engine's init"},
	{name: "interactive", short: "i", instead: "the key is stdin"},
	{name: "label-file", instead: "the key is labels"},
	{name: "name", instead: "the key is name"},
	{name: "network", alias: "net", instead: "the key is network"},
	{name: "platform", instead: "the key is platform"},
	{name: "pull", instead: "the key is pull"},
	{name: "quiet", short: "q", instead: "ctenv -q is quiet"},
	{name: "restart", instead: "a container of ctenv ends with its command"},
	{name: "rm", instead: "ctenv removes the container itself"},
	{name: "sig-proxy", instead: "ctenv passes every signal on"},
	{name: "tty", short: "t", instead: "the key is tty"},
	{name: "user", short: "u", instead: "the command runs as the caller"},
	{name: "workdir", short: "w", instead: "the key is workdir"},
}
