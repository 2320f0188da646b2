#!/bin/sh
# ensure-test-user.sh
#
# Makes the ordinary user as whom the end-to-end tests call ctenv: its uid and gid
# differ from each other and from those that images hold, and it may talk to the
# engine.
set -eu
cd "$(dirname "$0")"
. ./messages.sh

name=ctenv-test uid=12345 gid=23456
socket=/var/run/docker.sock

if [ "$(id -u "$name" 2>/dev/null):$(id -g "$name" 2>/dev/null)" != "$uid:$gid" ]; then
	[ "$(id -u)" = 0 ] || die "the end-to-end tests need the user $name; run: sudo scripts/ensure-test-user.sh"
	say "adding user $name ($uid:$gid)"
	groupadd --gid "$gid" "$name"
	# --no-log-init: a lastlog entry for a high uid makes the file sparse and huge.
	useradd --no-log-init --uid "$uid" --gid "$gid" --create-home --shell /bin/bash "$name"
fi

group=$(stat -c %G "$socket")
if ! id -nG "$name" | grep -qw "$group"; then
	[ "$(id -u)" = 0 ] || die "the user $name is not in the group $group; run: sudo usermod -aG $group $name"
	usermod -aG "$group" "$name"
fi
