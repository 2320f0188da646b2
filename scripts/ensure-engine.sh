#!/bin/sh
# ensure-engine.sh
#
# Returns once a Docker engine answers. Where none does, it installs and starts
# one on Debian and Ubuntu, as root; else it says what to do.
set -eu
cd "$(dirname "$0")"
. ./messages.sh

data=/var/lib/docker
log=/var/log/ctenv-dockerd.log

answers() { timeout 20 docker version >/dev/null 2>&1; }

# starting: a dockerd is there and does not answer yet.
starting() { [ -s /var/run/docker.pid ] && kill -0 "$(cat /var/run/docker.pid)" 2>/dev/null; }

# wait_for_engine SECONDS
wait_for_engine() {
	tries=$(($1 * 2))
	while [ "$tries" -gt 0 ]; do
		! answers || return 0
		sleep 0.5
		tries=$((tries - 1))
	done
	return 1
}

# storage_driver prints the fastest driver that works below $data. dockerd's own
# choice asks the kernel only, which says yes on file systems where a mount then
# fails (an overlay on an overlay).
storage_driver() {
	if overlay_works; then
		echo overlay2
	elif [ -c /dev/fuse ] && ./ensure-packages.sh fuse-overlayfs; then
		echo fuse-overlayfs
	else
		echo vfs
	fi
}

overlay_works() {
	probe=$(mktemp -d "$data/probe.XXXXXX")
	mkdir "$probe/lower" "$probe/upper" "$probe/work" "$probe/merged"
	works=1
	if mount -t overlay overlay -o "lowerdir=$probe/lower,upperdir=$probe/upper,workdir=$probe/work" \
		"$probe/merged" 2>/dev/null; then
		! touch "$probe/merged/file" 2>/dev/null || works=0
		umount "$probe/merged"
	fi
	rm -rf "$probe"
	return "$works"
}

# start_dockerd does what a service manager would.
start_dockerd() {
	mkdir -p "$data"
	choice=""
	# dockerd refuses a driver that is named here and in its own file.
	if ! grep -qs '"storage-driver"' /etc/docker/daemon.json; then
		choice="--storage-driver $(storage_driver)"
	fi

	# Kernels without nf_tables need the older of Debian's two iptables.
	tools=$(mktemp -d)
	if ! iptables -t nat -L -n >/dev/null 2>&1 && iptables-legacy -t nat -L -n >/dev/null 2>&1; then
		ln -s "$(command -v iptables-legacy)" "$tools/iptables"
		ln -s "$(command -v ip6tables-legacy)" "$tools/ip6tables"
	fi
	if ! grep -q ' /sys/fs/cgroup[ /]' /proc/mounts; then
		mount -t cgroup2 cgroup2 /sys/fs/cgroup
	fi

	say "starting dockerd $choice (log: $log)"
	# A session of its own, so that it outlives this script and its terminal.
	# shellcheck disable=SC2086 # empty or two words
	PATH="$tools:$PATH" setsid dockerd $choice >"$log" 2>&1 </dev/null &
}

if answers; then
	exit 0
fi
if [ -n "${DOCKER_HOST:-}" ]; then
	die "the Docker engine at DOCKER_HOST=$DOCKER_HOST does not answer"
fi
if [ "$(id -u)" != 0 ]; then
	if [ -S /var/run/docker.sock ] && ! [ -w /var/run/docker.sock ]; then
		die "no access to /var/run/docker.sock; run: sudo usermod -aG docker $(id -un), and log in again"
	fi
	die "no Docker engine answers; run: sudo apt-get install docker.io && sudo usermod -aG docker $(id -un), and log in again"
fi

say "no Docker engine answers"
if ! command -v dockerd >/dev/null; then
	client=""
	# Newer releases have the docker command in a package of its own.
	if [ "$(apt-cache policy docker-cli 2>/dev/null | sed -n 's/ *Candidate: //p')" ]; then
		client=docker-cli
	fi
	# shellcheck disable=SC2086 # empty or one word
	./ensure-packages.sh ca-certificates iptables docker.io $client
	# The package may have started it.
	! wait_for_engine 3 || exit 0
fi

if [ -d /run/systemd/system ]; then
	say "starting docker.service"
	systemctl start docker.service
elif ! starting; then
	start_dockerd
fi
if ! wait_for_engine 60; then
	[ ! -r "$log" ] || tail -n 5 "$log" >&2
	die "the Docker engine does not answer after 60 seconds"
fi
