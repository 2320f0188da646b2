# shellcheck shell=sh
# How the scripts speak: to stderr, so that stdout stays free for results.

say() { echo "==> $*" >&2; }

die() {
	echo "error: $*" >&2
	exit 1
}
