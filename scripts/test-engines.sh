#!/bin/sh
# test-engines.sh SUITE [GO-TEST-FLAG...]
#
# Runs the end-to-end tests on the engines of another suite of Debian's, on a machine
# of its own (machine.sh). Needs `make build probe` first, and root. The images are
# those of this machine's engine.
#
# CTENV_TEST_ENGINES names the engines; where it is not set they are docker and podman.
set -eu
cd "$(dirname "$0")"
. ./messages.sh

suite=$1
shift
./ensure-engine.sh
./ensure-test-user.sh
./images.sh
./ensure-buildx.sh >/dev/null
./machine.sh "$suite" scripts/ensure-engine.sh
./copy-images.sh "machine-$suite"
./machine.sh "$suite" env CTENV_TEST_ENGINES="${CTENV_TEST_ENGINES:-docker podman}" scripts/e2e.sh "$@"
