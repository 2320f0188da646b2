#!/bin/sh
# e2e.sh [GO-TEST-FLAG...]
#
# Runs the end-to-end tests, after setting up what they need: engines, a user and
# images. Needs `make build probe` first, and root.
#
# CTENV_TEST_ENGINES names the engines: docker, docker-rootless, podman. Where it
# is not set it is all three on Debian and Ubuntu, else those that answer. With
# CTENV_TEST_EVERY=1 each script runs on each of them that can, not only where the
# engine makes a difference.
set -eu
cd "$(dirname "$0")"
. ./messages.sh

[ "$(id -u)" = 0 ] || die "the end-to-end tests make a user and images; run them as root: sudo make test"
if [ -z "${CTENV_TEST_ENGINES:-}" ] && command -v apt-get >/dev/null; then
	export CTENV_TEST_ENGINES="docker docker-rootless podman"
fi

# Images are made by docker's engine, whatever they are for.
./ensure-engine.sh
./ensure-test-user.sh
./images.sh
others=$(echo " ${CTENV_TEST_ENGINES:-} " | sed 's/ docker / /')
if [ -n "$(echo "$others" | tr -d ' ')" ]; then
	# shellcheck disable=SC2086 # one word an engine
	./ensure-rootless.sh $others
	case $others in *podman*) others="$others podman-rootful" ;; esac
	# shellcheck disable=SC2086
	./copy-images.sh $others
fi
./ensure-buildx.sh >/dev/null
# For git's worktrees, a directory service that getent asks, completion, and pgrep.
# rpm is asked about its packages.
./ensure-packages.sh git libnss-wrapper bash-completion zsh fish procps rpm
# Each script that needs a registry or an ssh server starts one on loopback.
./ensure-packages.sh --idle docker-registry openssh-server openssh-client

cd ..
say "running the end-to-end tests"
# -count=1: an engine is no input that Go's cache of test results knows. Scripts wait for
# engines about as long as they compute.
exec env CTENV_BIN="$PWD/bin/ctenv" go test -count=1 -timeout 80m -parallel $((2 * $(nproc))) "$@" ./e2e
