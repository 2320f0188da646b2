# shellcheck shell=sh
# How the scripts speak: to stderr, so that stdout stays free for results. And how they end.

say() { echo "==> $*" >&2; }

die() {
	echo "error: $*" >&2
	exit 1
}

# Where a signal ends a script, dash does not do what is set for EXIT, unless it exits by itself.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
