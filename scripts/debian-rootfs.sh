#!/bin/sh
# debian-rootfs.sh
#
# Makes a minimal Debian root file system and prints the path of its tarball, for
# images on machines that reach no registry. It comes from the machine's own apt
# mirror and is kept until this script changes.
set -eu
cd "$(dirname "$0")"
. ./messages.sh

suite=bookworm
cache=${CTENV_TEST_CACHE:-/var/cache/ctenv-test}
key=$(sha256sum <debian-rootfs.sh | cut -c 1-12)
tarball=$cache/debian-$suite-$(uname -m)-$key.tar.gz

if [ -r "$tarball" ]; then
	echo "$tarball"
	exit 0
fi
[ "$(id -u)" = 0 ] || die "making a Debian root file system takes root: run sudo scripts/debian-rootfs.sh once"
./ensure-packages.sh debootstrap debian-archive-keyring

# mirror LABEL SUITE DEFAULT: the URI under which apt fetches that part of Debian.
mirror() {
	uri=$(apt-get indextargets --format "\$(ORIGIN)/\$(LABEL) \$(REPO_URI)" 'Created-By: Packages' |
		sed -n "s,^Debian/$1 ,,p" | head -n 1)
	echo "${uri:-$2}"
}
main=$(mirror Debian http://deb.debian.org/debian)
security=$(mirror Debian-Security http://deb.debian.org/debian-security)

mkdir -p "$cache"
work=$(mktemp -d "$cache/tmp.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root

# apt in the image has no certificates to check an https mirror with.
include=""
case $main$security in *https:*) include=--include=ca-certificates ;; esac

say "making a Debian $suite root file system from $main"
# shellcheck disable=SC2086 # empty or one word
if ! debootstrap --variant=minbase $include \
	--keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
	"$suite" "$root" "$main" >"$work/log" 2>&1; then
	tail -n 20 "$work/log" >&2
	die "debootstrap stopped"
fi

cat >"$root/etc/apt/sources.list" <<SOURCES
deb $main $suite main
deb $main $suite-updates main
deb $security $suite-security main
SOURCES
# How this machine reaches its mirror is how the image reaches it.
apt-config dump Acquire::http Acquire::https Acquire::Check-Valid-Until Acquire::Check-Date |
	grep -v '""' >"$root/etc/apt/apt.conf.d/80machine" || true

# A container holds no services, and an image no package lists and manuals.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
rm -rf "$root/var/cache/apt/archives/"*.deb "$root/var/lib/apt/lists/"* "$root/usr/share/doc" "$root/usr/share/man" \
	"$root/usr/share/locale" "$root/var/log/"*.log
: >"$root/etc/machine-id"
rm -f "$root/etc/resolv.conf" "$root/etc/hostname"

tar -C "$root" --numeric-owner --one-file-system -c . | gzip -1 >"$work/tarball"
rm -f "$cache/debian-"*.tar.gz
mv "$work/tarball" "$tarball"
echo "$tarball"
