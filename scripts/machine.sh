#!/bin/sh
# machine.sh SUITE COMMAND [ARGUMENT...]
#
# Runs a command, as root, on a second machine inside of this one: Debian SUITE
# (trixie, sid, …) with the engines of that suite, in namespaces of its own for mounts
# and network, at the same paths as here. Its root file system, its images and the
# data of its engines are kept in $CTENV_TEST_CACHE. Everything else is this machine's:
# kernel, processes, the checkout, Go.
set -eu
cd "$(dirname "$0")"
. ./messages.sh
. ./mirror.sh

suite=$1
shift
case $suite in *[!a-z]* | "") die "$suite is no suite of Debian's" ;; esac
[ "$(id -u)" = 0 ] || die "a machine for $suite is made by root; run: sudo scripts/machine.sh $suite $*"

# What the suite's own packages bring: the engines, and all that the tests call.
engines="docker.io docker-cli podman containerd runc crun catatonit netavark aardvark-dns
	passt slirp4netns fuse-overlayfs uidmap rootlesskit iptables nftables iproute2"
tests="make git ca-certificates libnss-wrapper bash-completion zsh fish procps bash dash busybox-static
	docker-registry openssh-server openssh-client debootstrap debian-archive-keyring shellcheck strace rpm"

checkout=$(cd .. && pwd -P)
cache=${CTENV_TEST_CACHE:-/var/cache/ctenv-test}
key=$({ cat machine.sh; echo "$suite"; } | sha256sum | cut -c 1-12)
home=$cache/machine-$suite
root=$home/root

bootstrap() {
	include=""
	case $from in https:*) include=--include=ca-certificates ;; esac
	# shellcheck disable=SC2086 # empty or one word
	debootstrap --variant=minbase $include --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
		"$suite" "$root" "$from"
}

make_root() {
	[ "$(cat "$home/key" 2>/dev/null)" != "$key" ] || return 0
	./ensure-packages.sh debootstrap debian-archive-keyring
	stop
	rm -rf "$home"
	mkdir -p "$home"
	from=$(mirror Debian http://deb.debian.org/debian)
	say "making a Debian $suite machine from $from (one to five minutes)"
	# A mirror that is being updated, or a connection that breaks, is tried again.
	tries=3
	until bootstrap >"$home/log" 2>&1; do
		tries=$((tries - 1))
		if [ "$tries" = 0 ]; then
			tail -n 20 "$home/log" >&2
			die "debootstrap of $suite from $from stopped, three times"
		fi
		rm -rf "$root"
		sleep 5
	done
	echo "deb $from $suite main" >"$root/etc/apt/sources.list"
	{
		apt_settings
		echo 'Acquire::Retries "5";'
	} >"$root/etc/apt/apt.conf.d/80machine"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	# Some packages are not in every suite.
	# shellcheck disable=SC2086,SC2016 # one word a package; expanded in the machine
	if ! unshare --mount --propagation slave sh -c 'mount --bind /proc "$0/proc" && exec chroot "$0" "$@"' "$root" sh -eu -c '
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -qq
		there=""
		for package in "$@"; do
			[ -z "$(apt-cache madison "$package")" ] || there="$there $package"
		done
		apt-get install -y -qq --no-install-recommends $there
		apt-get clean' sh $engines $tests >>"$home/log" 2>&1 </dev/null; then
		tail -n 20 "$home/log" >&2
		die "the packages of $suite could not be installed"
	fi
	mkdir -p "$home/docker" "$home/state" "$home/containerd"
	echo "$key" >"$home/key"
}

# inside COMMAND...: in the machine's namespaces. How Go reaches its modules is this
# machine's.
inside() {
	for name in GOPROXY GOSUMDB GONOSUMDB GOFLAGS GOMODCACHE GOCACHE; do
		value=$(go env "$name")
		[ -z "$value" ] || set -- "$name=$value" "$@"
	done
	nsenter --target "$(cat "$home/pid")" --mount --net env --ignore-environment --chdir="$checkout" \
		PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root TERM="${TERM:-dumb}" CI="${CI:-}" CTENV_TEST_CACHE="$cache" "$@"
}

runs() { [ -s "$home/pid" ] && [ -e "/proc/$(cat "$home/pid")/root/etc/ctenv-test-machine" ]; }

# members are the processes in the machine's network: all but what its engines run in
# networks of their own, which ends with them.
members() {
	for pid in $(cd /proc && echo [0-9]*); do
		[ "$(readlink "/proc/$pid/ns/net" 2>/dev/null)" != "$(cat "$home/net")" ] || echo "$pid"
	done
}

# stop ends a machine that runs: its engines, and the process that keeps its namespaces.
stop() {
	# Numbers of processes and namespaces that are gone are others' by now.
	runs || return 0
	# Held open, so that no other namespace gets its number while its processes end.
	command exec 8<"/proc/$(cat "$home/pid")/ns/net" || return 0
	kill "$(cat "$home/network")" 2>/dev/null || true
	tries=100
	while all=$(members) && [ -n "$all" ] && [ "$tries" -gt 0 ]; do
		signal=TERM
		[ "$tries" -gt 50 ] || signal=KILL
		# shellcheck disable=SC2086 # one word a process
		kill -s "$signal" $all 2>/dev/null || true
		sleep 0.2
		tries=$((tries - 1))
	done
	exec 8<&-
}

start() {
	# One that was started from another checkout does not have this one.
	! runs || [ "$(cat "$home/checkout")" != "$checkout" ] || return 0
	stop
	rm -f "$home/pid" "$home/net"
	echo "$checkout" >"$home/checkout"
	go_root=$(dirname "$(dirname "$(readlink -f "$(command -v go)")")")
	# Accounts are this machine's, so that ids mean the same, and so is whom it trusts.
	for file in passwd group shadow gshadow subuid subgid ssl/certs/ca-certificates.crt; do
		[ ! -e "/etc/$file" ] || cp -p "/etc/$file" "$root/etc/$file"
	done
	cut -d : -f 3,4,6 /etc/passwd | grep ':/home/' | while IFS=: read -r uid gid dir; do
		install -d -o "$uid" -g "$gid" "$root$dir"
	done
	echo "$suite" >"$root/etc/ctenv-test-machine"
	export home root checkout cache go_root
	# shellcheck disable=SC2016 # expanded in there
	setsid unshare --mount --net --propagation slave sh -eu -c '
		mount --bind "$root" "$root"
		for dir in /proc /sys /dev; do mount --rbind "$dir" "$root$dir"; done
		mount -t tmpfs -o mode=755 tmpfs "$root/run"
		mkdir -p "$root/run/lock"
		for dir in "$checkout" "$cache" "$go_root" /root; do
			mkdir -p "$root$dir"
			mount --bind "$dir" "$root$dir"
		done
		mkdir -p "$root/usr/local/go"
		[ "$go_root" = /usr/local/go ] || mount --bind "$go_root" "$root/usr/local/go"
		mkdir -p "$root/var/lib/docker" "$root/var/lib/containerd" "$root/var/lib/ctenv-test"
		mount --bind "$home/docker" "$root/var/lib/docker"
		mount --bind "$home/containerd" "$root/var/lib/containerd"
		mount --bind "$home/state" "$root/var/lib/ctenv-test"
		cd "$root"
		mkdir -p mnt
		pivot_root . mnt
		umount -l /mnt
		ip link set lo up
		echo $$ >"$home/pid"
		readlink /proc/$$/ns/net >"$home/net"
		exec sleep infinity' </dev/null >"$home/holder.log" 2>&1 9>&- &
	tries=50
	until [ -s "$home/net" ] && runs; do
		tries=$((tries - 1))
		if [ "$tries" = 0 ]; then
			tail -n 5 "$home/holder.log" >&2
			die "the $suite machine does not start"
		fi
		sleep 0.1
	done
	# Its way out, for the package managers in containers.
	./ensure-packages.sh slirp4netns
	setsid slirp4netns --configure --mtu=1400 --disable-host-loopback "$(cat "$home/pid")" tap0 </dev/null >>"$home/holder.log" 2>&1 9>&- &
	echo $! >"$home/network"
	echo "nameserver 10.0.2.3" >"$root/etc/resolv.conf"
}

mkdir -p "$cache"
exec 9>"$cache/machine-$suite.lock"
flock 9
if [ "$1" = --stop ]; then
	stop
	exit 0
fi
make_root
start
exec 9>&-
inside "$@"
