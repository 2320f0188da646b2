#!/bin/sh
# copy-images.sh ENGINE...
#
# Copies the test images from the Docker engine where they were made to other
# engines, those only that differ there.
set -eu
cd "$(dirname "$0")"
. ./messages.sh
. ./rootless.sh

# ids ENGINE prints each test image's name and id, sorted. Podman puts a registry
# before the name.
ids() {
	engine "$1" images --no-trunc --format '{{.Repository}} {{.ID}}' | sed -n 's,^\(.*/\)*\(ctenv-test/[^ ]* \)\(sha256:\)*,\2,p' | sort -u
}

made=$(mktemp)
there=$(mktemp)
trap 'rm -f "$made" "$there"' EXIT
ids docker >"$made"

for name in "$@"; do
	ids "$name" >"$there"
	wanted=$(comm -23 "$made" "$there" | cut -d ' ' -f 1)
	# Rootful podman is tested with few scripts.
	[ "$name" != podman-rootful ] || wanted=$(echo "$wanted" | grep -xE 'ctenv-test/(debian|sudo)' || true)
	[ -n "$wanted" ] || continue
	say "copying images to $name: $(echo "$wanted" | sed 's,ctenv-test/,,' | tr '\n' ' ')"
	# shellcheck disable=SC2086 # one word an image
	docker save $wanted | engine "$name" load >/dev/null 2>&1
	case $name in
	podman*)
		# What is loaded is of no registry; these are to be as if pulled.
		for image in $wanted; do
			engine "$name" tag "localhost/$image" "docker.io/$image"
			engine "$name" untag "localhost/$image" "localhost/$image"
		done
		;;
	esac
done
