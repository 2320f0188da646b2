#!/bin/sh
# ensure-packages.sh [--idle] PACKAGE...
#
# Installs the named packages where they are missing: on Debian and Ubuntu, as
# root. Anywhere else it says what is missing. With --idle the services of what it
# installs do not start, now or at the next boot: tests start their own.
set -eu
. "$(dirname "$0")/messages.sh"

idle=""
if [ "$1" = --idle ]; then
	idle=yes
	shift
fi

missing=""
for package in "$@"; do
	# "ok installed" leaves out packages of which only the configuration is left.
	if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
		missing="$missing $package"
	fi
done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null || die "missing:$missing; install the packages of that name and try again"
[ "$(id -u)" = 0 ] || die "missing:$missing; run: sudo apt-get install$missing"

say "installing$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
made=""
trap 'rm -f "$log" $made' EXIT
# invoke-rc.d(8) and deb-systemd-invoke(1p) ask this program, where there is one.
policy=/usr/sbin/policy-rc.d
if [ -n "$idle" ] && ! [ -e "$policy" ]; then
	made=$policy
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
fi
# The lists of a fresh machine are empty, those of an old one name packages that
# the mirror no longer holds.
# A lock of somebody else's apt, or a mirror that fails once, ends by itself: three tries.
tries=3
# shellcheck disable=SC2086 # one word a package
until { apt-get update -qq && apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 \
	install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; do
	tries=$((tries - 1))
	if [ "$tries" = 0 ]; then
		tail -n 20 "$log" >&2
		die "apt-get could not install$missing"
	fi
	sleep 10
done
if [ -n "$idle" ] && [ -d /run/systemd/system ]; then
	# shellcheck disable=SC2086
	units=$(dpkg-query -L $missing | sed -n 's#^.*/lib/systemd/system/\([^/@]*\.\(service\|socket\)\)$#\1#p')
	# shellcheck disable=SC2086
	[ -z "$units" ] || systemctl --quiet disable $units
fi
