#!/bin/sh
# e2e.sh [GO-TEST-FLAG...]
#
# Runs the end-to-end tests, after setting up what they need: an engine, a user
# and images. Needs `make build probe` first, and root.
set -eu
cd "$(dirname "$0")"
. ./messages.sh

[ "$(id -u)" = 0 ] || die "the end-to-end tests make a user and images; run them as root: sudo make test"
./ensure-engine.sh
./ensure-test-user.sh
./images.sh
# For git's worktrees, and a directory service that getent asks.
./ensure-packages.sh git libnss-wrapper

cd ..
say "running the end-to-end tests"
# -count=1: the engine is no input that Go's cache of test results knows.
exec env CTENV_BIN="$PWD/bin/ctenv" go test -count=1 -timeout 10m "$@" ./e2e
