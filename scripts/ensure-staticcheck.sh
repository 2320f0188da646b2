#!/bin/sh
# ensure-staticcheck.sh
#
# Prints the path of staticcheck. It is built with Go and kept until the version here
# changes.
set -eu
cd "$(dirname "$0")"
. ./messages.sh

version=v0.8.2
cache=${CTENV_TEST_CACHE:-/var/cache/ctenv-test}
[ -w "$cache" ] || mkdir -p "$cache" 2>/dev/null || cache=${XDG_CACHE_HOME:-$HOME/.cache}/ctenv-test
program=$cache/staticcheck-$version
if ! [ -x "$program" ]; then
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/tmp.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	say "building staticcheck $version (a minute)"
	if ! GOBIN=$work CGO_ENABLED=0 go install "honnef.co/go/tools/cmd/staticcheck@$version" >"$work/log" 2>&1; then
		tail -n 20 "$work/log" >&2
		die "staticcheck could not be built"
	fi
	mv "$work/staticcheck" "$program"
fi
echo "$program"
