package usage

import (
	"slices"
	"strings"
)

// OtherCommands are those of tools that do a similar job, docker's above all, and what does it
// here.
var OtherCommands = map[string]string{
	"attach":  "ctenv exec joins a container that stays; ctenv logs -f shows what it says",
	"bash":    "ctenv run starts a shell; ctenv run -- bash names it",
	"compose": "a container here is one by itself; network = \"NAME\" has it join the network of what docker compose runs",
	"cp":      "the project is mounted, so a file there is on both sides; docker cp takes the name that ctenv status shows",
	"create":  "ctenv start makes a container that stays",
	"docker":  "ctenv from-docker-run makes a .ctenv.toml of a docker run line",
	"down":    "ctenv stop --all ends what stays of the project",
	"edit":    "the settings are in the file that ctenv config path names",
	"enter":   "ctenv run starts a shell; ctenv exec joins a container that stays",
	"info":    "ctenv doctor says what there is",
	"inspect": "ctenv status and ctenv config show say what is there",
	"kill":    "ctenv stop --force kills a container that stays",
	"podman":  "ctenv from-docker-run makes a .ctenv.toml of a podman run line",
	"port":    "ctenv status and ctenv list show ports",
	"prune":   "ctenv clean removes what is left of ctenv's own",
	"pull":    "ctenv run --pull always pulls the image first",
	"remove":  "ctenv stop removes a container that stays, ctenv clean what is left",
	"rm":      "ctenv stop removes a container that stays, ctenv clean what is left",
	"sh":      "ctenv run starts a shell; ctenv run -- sh names it",
	"shell":   "ctenv run starts a shell; ctenv exec joins a container that stays",
	"ssh":     "ctenv exec joins a container that stays",
	"stats":   "ctenv status shows memory and processor of what stays",
	"top":     "ctenv status shows the commands that run",
	"up":      "ctenv start makes a container that stays",
}

// engines are commands of docker's about what is the engine's.
var engines = strings.Fields("builder buildx checkpoint commit container context diff events export history image images import " +
	"load login logout manifest network node pause plugin push rename rmi save search secret service stack swarm system tag unpause update volume wait")

// otherCommand is what there is for a command of another tool's. line is all of it, as it is typed.
func otherCommand(word, line string) (way string, known bool) {
	if slices.Contains(engines, word) {
		return "that is the engine's: docker " + line, true
	}
	way, known = OtherCommands[word]
	return way, known
}

const piped = "ctenv logs prints all of it: ctenv logs | tail -n 20"

// OtherFlags are those of the docker command of the same name; "" has those before a command.
var OtherFlags = map[string]map[string]string{
	"": {
		"H": "DOCKER_HOST names an engine", "host": "DOCKER_HOST names an engine",
		"c": "DOCKER_CONTEXT names a context, --config a file", "context": "DOCKER_CONTEXT names a context",
		"D": "-v says more", "debug": "-v says more", "log-level": "-v says more",
	},
	"build": {
		"t": "--build-tag NAME", "tag": "--build-tag NAME", "f": "--build-dockerfile FILE", "file": "--build-dockerfile FILE",
		"progress": "ctenv -v build shows all that the builder says",
		"q":        "ctenv -q build",
	},
	"clean": {
		"f": "leave it out: nothing is asked; --dry-run says what would go", "force": "leave it out: nothing is asked; --dry-run says what would go",
		"a": "--images and --volumes are the rest of what is ctenv's own", "all": "--images and --volumes are the rest of what is ctenv's own",
	},
	"config": {"json": "ctenv config show --json"},
	"init":   {"image": "ctenv init takes none: edit image in the file that it writes", "f": "ctenv init overwrites nothing; move the file away", "force": "ctenv init overwrites nothing; move the file away"},
	"list": {
		"format": "--json prints everything", "f": "--json prints everything", "filter": "--json prints everything", "n": "--json prints everything", "l": "--json prints everything",
		"s": "ctenv status shows what a container uses",
	},
	"logs": {"n": piped, "tail": piped, "since": piped, "until": piped, "t": piped, "timestamps": piped, "details": piped},
	"restart": {"t": "ctenv stop --timeout SECONDS, then ctenv start", "time": "ctenv stop --timeout SECONDS, then ctenv start",
		"timeout": "ctenv stop --timeout SECONDS, then ctenv start"},
	"start": {"d": "leave it out: it stays in the background", "detach": "leave it out: it stays in the background",
		"i": "leave it out: ctenv exec joins it", "a": "leave it out: ctenv exec joins it", "attach": "leave it out: ctenv exec joins it"},
	"status":  {"format": "--json prints everything"},
	"stop":    {"t": "--timeout SECONDS", "time": "--timeout SECONDS", "f": "--force"},
	"version": {"format": "--json prints everything", "f": "--json prints everything"},
}
