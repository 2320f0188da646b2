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

# load ENGINE IMAGE...: what docker and the engine say shows where it fails.
load() {
	to=$1
	shift
	# The status of a pipe is its last command's.
	if { docker save "$@" || echo "docker save $*" >"$failed"; } 2>"$said" | engine "$to" load >>"$said" 2>&1 &&
		[ ! -s "$failed" ]; then
		return
	fi
	cat "$said" >&2
	die "the images could not be copied to $to"
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
made=$tmp/made there=$tmp/there said=$tmp/said failed=$tmp/failed
ids docker >"$made"

for name in "$@"; do
	ids "$name" >"$there"
	wanted=$(comm -23 "$made" "$there" | cut -d ' ' -f 1)
	# Rootful podman is tested with few scripts.
	[ "$name" != podman-rootful ] || wanted=$(echo "$wanted" | grep -xE 'ctenv-test/(debian|sudo)' || true)
	[ -n "$wanted" ] || continue
	say "copying images to $name: $(echo "$wanted" | sed 's,ctenv-test/,,' | tr '\n' ' ')"
	# shellcheck disable=SC2086 # one word an image
	load "$name" $wanted
	case $name in
	podman*)
		# What is loaded is of no registry; these are to be as if pulled.
		for image in $wanted; do
			# Newer ones do that by themselves with what newer dockers save.
			engine "$name" image exists "localhost/$image" || continue
			engine "$name" tag "localhost/$image" "docker.io/$image"
			engine "$name" untag "localhost/$image" "localhost/$image"
		done
		;;
	esac
done
