#!/bin/sh
# fuzz.sh
#
# Runs every fuzz test for FUZZTIME (default 20s) each.
set -eu
cd "$(dirname "$0")/.."
. scripts/messages.sh

for dir in $(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -r -n 1 dirname | sort -u); do
	for name in $(go test -list '^Fuzz' "$dir" | grep '^Fuzz'); do
		say "$dir $name"
		go test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-20s}" "$dir"
	done
done
