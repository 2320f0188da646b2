#!/bin/sh
# lint.sh
#
# Checks what the compiler does not: gofmt, go vet, staticcheck and shellcheck.
set -eu
cd "$(dirname "$0")/.."
. scripts/messages.sh

export CGO_ENABLED=0
scripts/ensure-packages.sh shellcheck
unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || die "gofmt would change: $unformatted"
go vet ./...
# A module of its own.
go -C scripts/release vet .
# What runs on a Mac compiles, with its tests.
for arch in amd64 arm64; do GOOS=darwin GOARCH=$arch go vet ./cmd/ctenv ./internal/...; done
$(scripts/ensure-staticcheck.sh) ./...
shellcheck -x -P SCRIPTDIR scripts/*.sh example/tools/compile .ci/run
