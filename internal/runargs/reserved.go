package runargs

// reserved are the options of `docker run` whose place is taken: by a key of the
// configuration, or by something that ctenv does in every run. doc is what to do instead.
var reserved = []option{
	{name: "attach", short: "a", value: "STREAM", doc: "ctenv attaches the streams itself; the keys are stdin and detach"},
	{name: "cidfile", value: "FILE", doc: "ctenv run -d prints the container's id"},
	{name: "detach", short: "d", doc: "the key is detach"},
	{name: "detach-keys", value: "KEYS", doc: "ctenv takes detachKeys from docker's own configuration"},
	{name: "disable-content-trust", doc: "images are checked by the engine, as its own settings say"},
	{name: "entrypoint", value: "PROGRAM", doc: "the keys are command and image_entrypoint", way: "what follows -- is the command, whatever the image's ENTRYPOINT is; the key image_entrypoint runs that"},
	{name: "help", doc: "ctenv help run"},
	{name: "isolation", value: "KIND", doc: "it is for containers of Windows"},
	{name: "kernel-memory", value: "BYTES", doc: "the kernel has no such limit any more; --memory counts all"},
	{name: "label-file", value: "FILE", doc: "the key is labels", way: "--label NAME=value"},
	{name: "quiet", short: "q", doc: "ctenv -q is quiet"},
	{name: "restart", value: "POLICY", doc: "a container of ctenv ends with its command", way: "a container of run ends with its command; ctenv start makes one that stays"},
	{name: "sig-proxy", doc: "ctenv passes every signal on", way: "every signal is passed on: leave it out"},
	{name: "use-api-socket", doc: "the key is volumes: /var/run/docker.sock is mounted like any file"},
	{name: "user", short: "u", value: "USER", doc: "the command runs as the caller", way: "the command runs as you: leave it out; --sudo lets it become root"},
}
