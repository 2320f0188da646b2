#!/bin/sh
# version.sh
#
# Prints the semantic version of the checkout: 1.2.3 at the tag v1.2.3, after it
# 1.2.4-dev.N+gCOMMIT for the Nth commit, before any tag 0.0.0-dev.N+gCOMMIT. What
# is not committed adds ".dirty".
set -eu
cd "$(dirname "$0")/.."

commit=$(git rev-parse --short=12 HEAD 2>/dev/null) || {
	echo 0.0.0-dev
	exit
}
dirty=""
[ -z "$(git status --porcelain --untracked-files=no)" ] || dirty=.dirty
if tag=$(git describe --tags --abbrev=0 --match 'v[0-9]*.[0-9]*.[0-9]*' 2>/dev/null); then
	version=${tag#v}
	count=$(git rev-list --count "$tag..HEAD")
	if [ "$count$dirty" = 0 ]; then
		echo "$version"
		exit
	fi
	case $version in
	*-*) ;; # what follows 1.3.0-rc.1 is not yet 1.3.0
	*) version=${version%.*}.$((${version##*.} + 1))-dev ;;
	esac
else
	version=0.0.0-dev
	count=$(git rev-list --count HEAD)
fi
echo "$version.$count+g$commit$dirty"
