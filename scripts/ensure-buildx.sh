#!/bin/sh
# ensure-buildx.sh
#
# Prints the path of docker's buildx plugin for the tests. It is built with Go, as
# Debian has no package of it, and kept until the version here changes.
set -eu
cd "$(dirname "$0")"
. ./messages.sh

version=v0.19.3
cache=${CTENV_TEST_CACHE:-/var/cache/ctenv-test}
plugin=$cache/docker-buildx

if [ -x "$plugin" ] && [ "$(cat "$plugin.version" 2>/dev/null)" = "$version" ]; then
	echo "$plugin"
	exit 0
fi
mkdir -p "$cache" 2>/dev/null || true
[ -w "$cache" ] || die "no access to $cache; run: sudo scripts/ensure-buildx.sh"
work=$(mktemp -d "$cache/tmp.XXXXXX")
trap 'rm -rf "$work"' EXIT
say "building buildx $version (a minute or two)"
if ! GOBIN=$work CGO_ENABLED=0 go install "github.com/docker/buildx/cmd/buildx@$version" >"$work/log" 2>&1; then
	tail -n 20 "$work/log" >&2
	die "buildx could not be built"
fi
mv "$work/buildx" "$plugin"
echo "$version" >"$plugin.version"
echo "$plugin"
