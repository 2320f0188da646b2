package runargs

// reserved are the options of `docker run` whose place is taken: by a key of the
// configuration, or by something that ctenv does in every run.
var reserved = []struct {
	name, short, alias string
	value              bool   // it takes one
	instead            string // what to do, for the message and the docs
	flag               string // the same after `ctenv run`; "" where it is instead
}{
	{name: "attach", short: "a", value: true, instead: "ctenv attaches the streams itself; the keys are stdin and detach"},
	{name: "cidfile", value: true, instead: "ctenv run -d prints the container's id"},
	{name: "detach", short: "d", instead: "the key is detach"},
	{name: "detach-keys", value: true, instead: "ctenv takes detachKeys from docker's own configuration"},
	{name: "disable-content-trust", instead: "images are checked by the engine, as its own settings say"},
	{name: "entrypoint", value: true, instead: "the keys are command and image_entrypoint", flag: "what follows -- is the command, whatever the image's ENTRYPOINT is; the key image_entrypoint runs that"},
	{name: "help", instead: "ctenv help run"},
	{name: "isolation", value: true, instead: "it is for containers of Windows"},
	{name: "kernel-memory", value: true, instead: "the kernel has no such limit any more; --memory counts all"},
	{name: "label-file", value: true, instead: "the key is labels", flag: "--label NAME=value"},
	{name: "quiet", short: "q", instead: "ctenv -q is quiet"},
	{name: "restart", value: true, instead: "a container of ctenv ends with its command", flag: "a container of run ends with its command; ctenv start makes one that stays"},
	{name: "sig-proxy", instead: "ctenv passes every signal on", flag: "every signal is passed on: leave it out"},
	{name: "use-api-socket", instead: "the key is volumes: /var/run/docker.sock is mounted like any file"},
	{name: "user", short: "u", value: true, instead: "the command runs as the caller", flag: "the command runs as you: leave it out; --sudo lets it become root"},
}
