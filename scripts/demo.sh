#!/bin/sh
# demo.sh
#
# Builds the example project with ctenv, from nothing: an engine and the
# toolchain's image are made if need be. Needs `make build` first.
set -eu
cd "$(dirname "$0")"
. ./messages.sh

image=$(sed -n 's/^image = "\(.*\)"/\1/p' ../example/ctenv.toml | head -n 1)

# as_caller runs a command as the person who called: with sudo, not as root.
as_caller() {
	if [ "$(id -u)" = 0 ] && [ -n "${SUDO_UID:-}" ] && [ "$SUDO_UID" != 0 ]; then
		home=$(getent passwd "$SUDO_UID" | cut -d : -f 6)
		groups=$(id -G "$SUDO_USER" | tr ' ' ,),$(stat -c %g /var/run/docker.sock)
		setpriv --reuid "$SUDO_UID" --regid "$(id -g "$SUDO_USER")" --groups "$groups" \
			env HOME="$home" USER="$SUDO_USER" LOGNAME="$SUDO_USER" "$@"
	else
		"$@"
	fi
}

# make_image prefers Debian's own image and falls back on one that the machine's
# apt mirror gives.
make_image() {
	base=debian:bookworm
	say "making the toolchain's image $image"
	if ! docker image inspect "$base" >/dev/null 2>&1 && ! timeout 120 docker pull --quiet "$base" >/dev/null 2>&1; then
		say "no registry can be reached, so its base is made here"
		rootfs=$(./debian-rootfs.sh)
		base=ctenv-example/debian
		docker import "$rootfs" "$base" >/dev/null
	fi
	context=$(mktemp -d)
	cp ../example/Dockerfile "$context/"
	# The engine's own builder is the one that always knows the local images. The
	# host's network is the one that reaches the host's apt mirror.
	if ! DOCKER_BUILDKIT=0 docker build --quiet --network host --build-arg BASE="$base" --tag "$image" \
		"$context" >"$context/log" 2>&1; then
		tail -n 30 "$context/log" >&2
		rm -rf "$context"
		die "the toolchain's image could not be made"
	fi
	rm -rf "$context"
}

./ensure-engine.sh
docker image inspect "$image" >/dev/null 2>&1 || make_image

cd ..
if [ -d example/build ]; then
	say "removing the last build; its objects are still in the cache volume"
	rm -rf example/build
fi

# --trust: the file wants a network and a variable, and a script cannot be asked.
say "ctenv -p example run --trust build"
as_caller bin/ctenv -p example run --trust build

say "what it built, and whose it is"
ls -ln example/build
say "example/build/crc32 example/src/*.c"
example/build/crc32 example/src/*.c
