#!/bin/sh
# bench.sh [FLAG...]
#
# Times ctenv against the engine's own command; the flags are those of
# scripts/bench. Needs `make build` first, and root.
set -eu
cd "$(dirname "$0")"
. ./messages.sh

[ "$(id -u)" = 0 ] || die "the benchmark makes images; run it as root"
./ensure-engine.sh
# The image it measures is the base of the others, which take long to make.
docker image inspect ctenv-test/debian >/dev/null 2>&1 || ./images.sh
# The rootless engines are the test user's. What is measured is chosen by an expression
# that only the program reads.
./ensure-test-user.sh
./ensure-rootless.sh docker-rootless podman
./copy-images.sh docker-rootless podman
cd ..
# Without cgo the program is static: part of it runs inside a container. `go run` would not
# pass on the signal at which it removes what it has made.
CGO_ENABLED=0 go build -o bin/bench ./scripts/bench
exec bin/bench "$@"
