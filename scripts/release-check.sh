#!/bin/sh
# release-check.sh [MAKE-VARIABLE...]
#
# Makes the release of the last commit twice, in two directories, as two users, the
# second one with empty caches and another umask, and compares every byte. Needs root.
set -eu
cd "$(dirname "$0")/.."
. scripts/messages.sh

[ "$(id -u)" = 0 ] || die "the release is made as two users; run this as root"
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
chmod 755 "$work"

# release_as USER HOME UMASK DIR [MAKE-VARIABLE...]
release_as() {
	user=$1 home=$2 mask=$3 dir=$4
	shift 4
	say "making the release as $user in $dir"
	mkdir -p "$dir"
	git clone --quiet "$work/source" "$dir/checkout"
	chown -R "$user" "$dir"
	(
		cd "$dir/checkout"
		umask "$mask"
		setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups \
			env -u GOCACHE -u GOMODCACHE HOME="$home" USER="$user" make -s release "$@"
	)
}

# One commit for both, whatever is committed meanwhile.
git clone --quiet --bare . "$work/source"
mkdir "$work/home"
chown nobody "$work/home"
release_as root "$HOME" 022 "$work/one" "$@"
release_as nobody "$work/home" 077 "$work/quite/another" "$@"
rm -rf "$work/one/checkout/dist/built" "$work/quite/another/checkout/dist/built"
diff -r "$work/one/checkout/dist" "$work/quite/another/checkout/dist" || die "the two differ"
say "the same bytes:"
cat "$work/one/checkout/dist/SHA256SUMS"
