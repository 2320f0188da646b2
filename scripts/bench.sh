#!/bin/sh
# bench.sh [PAIRS]
#
# Times ctenv against the engine's own command. Needs `make build probe` first,
# and root.
set -eu
cd "$(dirname "$0")"
. ./messages.sh

[ "$(id -u)" = 0 ] || die "the benchmark makes images; run it as root"
./ensure-engine.sh
./images.sh
cd ..
exec go run ./e2e/bench -pairs "${1:-15}"
