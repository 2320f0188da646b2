#!/bin/sh
# lint.sh
#
# Checks what the compiler does not: gofmt, go vet and shellcheck.
set -eu
cd "$(dirname "$0")/.."
. scripts/messages.sh

scripts/ensure-packages.sh shellcheck
unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || die "gofmt would change: $unformatted"
go vet ./...
shellcheck -x -P SCRIPTDIR scripts/*.sh example/tools/compile .ci/run
