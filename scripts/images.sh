#!/bin/sh
# images.sh
#
# Makes the images of the end-to-end tests, each from scripts/images/NAME.Dockerfile
# as ctenv-test/NAME. No registry is needed: everything goes back to the Debian
# root file system of debian-rootfs.sh. An image is made again when its Dockerfile,
# what it copies or its base has changed; a label holds the key of that.
set -eu
cd "$(dirname "$0")"
. ./messages.sh

probe=../bin/e2e-probe
[ -x "$probe" ] || die "bin/e2e-probe is missing; run: make build"

# key_of IMAGE prints the key that it was made with.
key_of() { docker image inspect --format '{{index .Config.Labels "ctenv-test.key"}}' "$1" 2>/dev/null || true; }

# image NAME [BASE] [FILE]: BASE is the test image that it builds on, FILE what
# it copies.
image() {
	name=ctenv-test/$1 dockerfile=images/$1.Dockerfile base=${2:-} file=${3:-}
	key=$({
		cat "$dockerfile" ${file:+"$file"}
		[ -z "$base" ] || key_of "ctenv-test/$base"
	} | sha256sum | cut -c 1-16)
	[ "$(key_of "$name")" != "$key" ] || return 0

	say "making image $name"
	context=$(mktemp -d)
	cp "$dockerfile" "$context/Dockerfile"
	[ -z "$file" ] || cp "$file" "$context/"
	# The engine's own builder is the one that always knows the local images. The
	# host's network is the one that reaches the host's apt mirror.
	if ! DOCKER_BUILDKIT=0 docker build --quiet --network host --label "ctenv-test.key=$key" --tag "$name" \
		"$context" >"$context/log" 2>&1; then
		tail -n 30 "$context/log" >&2
		rm -rf "$context"
		die "image $name could not be made"
	fi
	rm -rf "$context"
}

# The base is imported, because a tarball of this size is no build context.
rootfs=$(./debian-rootfs.sh)
key=$(basename "$rootfs" .tar.gz)
if [ "$(key_of ctenv-test/debian)" != "$key" ]; then
	say "making image ctenv-test/debian"
	docker import --change "LABEL ctenv-test.key=$key" --change 'CMD ["bash"]' "$rootfs" ctenv-test/debian >/dev/null
fi

image build debian
image sudo debian
image dash build
image busybox debian
image scratch "" "$probe"
image distroless debian

# What odd images do to an account.
image uid-taken debian
image name-taken debian
image gid-taken debian
image no-newline debian
image no-accounts busybox
image no-tmp busybox
image no-shadow-entry sudo
image podman-line debian
image passwd-link debian

image volume busybox
image metadata debian
image git debian
image clangd debian
image probe debian "$probe"

# One package manager each.
image managers debian images/sudo.spec
image dnf managers
image yum dnf
image zypper managers
image pacman managers
