#!/bin/sh
# ensure-rootless.sh ENGINE...
#
# Sets up the engines that the test user runs, docker-rootless and podman, without
# systemd: their packages, ranges of subordinate ids, directories, and dockerd. Podman
# needs no process, the tests start its service themselves. What there is of the
# user's and the machine's own stays as it is.
set -eu
cd "$(dirname "$0")"
. ./messages.sh
. ./rootless.sh

[ "$(id -u)" = 0 ] || die "the engines of the test user are set up by root; run: sudo scripts/ensure-rootless.sh $*"

# ids FILE FLAG gives the user a range of its own in /etc/subuid or /etc/subgid.
ids() {
	! grep -qs "^$user:" "$1" || return 0
	start=$(awk -F : 'BEGIN { end = 100000 } $2 + $3 > end { end = $2 + $3 } END { print end }' "$1" 2>/dev/null || echo 100000)
	say "giving $user the ids from $start in $1"
	usermod "$2" "$start-$((start + 65535))" "$user"
}

# device PATH opens a device that distributions leave open to everybody.
device() {
	if [ -c "$1" ] && ! as_user docker sh -c "exec 3<>$1" 2>/dev/null; then
		say "opening $1 to everybody"
		chmod 666 "$1"
	fi
}

# storage NAME OWNER RUN writes the configuration of a podman, whose files are kept
# in a directory of their own. Where the kernel mixes versions 1 and 2 of control
# groups, runc is the runtime that works.
storage() {
	dir=$state/$1
	# Each kind of podman has a key of its own for where it keeps images. Podman 5.8 warns
	# of the other one's; podman 4.3 needs both to make an image of a container.
	keys="graphroot rootless_storage_path"
	case "$2 $(podman --version)" in
	root*) keys=graphroot ;;
	*" "[5-9].*) keys=rootless_storage_path ;;
	esac
	install -d -m 755 "$dir"
	# The group too: in a container's user namespace a directory of an unknown group is
	# closed to root.
	install -d -m 700 -o "$2" -g "$(id -g "$2")" "$dir/storage"
	install -d -m 755 -o "$2" -g "$(id -g "$2")" "$dir/networks"
	cat >"$dir/storage.conf" <<CONF
[storage]
driver = "overlay"
$(for key in $keys; do echo "$key = \"$dir/storage\""; done)
runroot = "$3/storage"
CONF
	if [ -c /dev/fuse ]; then
		# The kernel's own overlay would copy each image once, for the owner's sake.
		cat >>"$dir/storage.conf" <<CONF
[storage.options.overlay]
mount_program = "/usr/bin/fuse-overlayfs"
CONF
	fi
	cat >"$dir/containers.conf" <<CONF
[engine]
static_dir = "$dir/storage/libpod"
tmp_dir = "$3/libpod"
volume_path = "$dir/storage/volumes"
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
# Rootful podman's own are a million, which root of a sandbox may not set.
default_ulimits = ["nofile=4096:4096", "nproc=8192:8192"]
[network]
network_backend = "netavark"
network_config_dir = "$dir/networks"
CONF
}

# revive ENGINE: a podman whose processes were all ended by force, the one that keeps its
# namespaces included, starts nothing any more until its state is reset.
revive() {
	said=$(engine "$1" info 2>&1 >/dev/null) && return
	case $said in
	*"pause process"*)
		say "the pause process of $1 is gone; running: podman system migrate"
		# It fails over a container that it finds dead, and resets the state all the same.
		engine "$1" system migrate >/dev/null 2>&1 || true
		said=$(engine "$1" info 2>&1 >/dev/null) && return
		;;
	esac
	echo "$said" >&2
	die "$1 does not work"
}

answers() { timeout 20 docker --host "unix://$run/docker/docker.sock" version >/dev/null 2>&1; }

ensure_dockerd() {
	! answers || return 0
	program=$(command -v dockerd-rootless.sh || echo /usr/share/docker.io/contrib/dockerd-rootless.sh)
	[ -x "$program" ] || die "dockerd-rootless.sh is missing; it comes with the package docker.io"
	log=$state/dockerd-rootless.log
	install -d -m 700 -o "$user" -g "$(id -g "$user")" "$state/docker"
	echo '{}' >"$state/dockerd.json"
	: >"$log"
	say "starting dockerd-rootless.sh as $user (log: $log)"
	# A session of its own, so that it outlives this script and its terminal. With
	# cgroupfs it asks no systemd, and does without limits where it may set none.
	# The host's own MTU is no larger than 1500, whatever slirp4netns could do.
	# The parentheses: redirected, a function keeps the streams of before.
	(as_user docker DOCKERD_ROOTLESS_ROOTLESSKIT_MTU=1400 setsid "$program" \
		--config-file "$state/dockerd.json" --data-root "$state/docker" \
		--exec-opt native.cgroupdriver=cgroupfs) >"$log" 2>&1 </dev/null &
	tries=120
	until answers; do
		tries=$((tries - 1))
		if [ "$tries" = 0 ]; then
			tail -n 5 "$log" >&2
			die "the rootless Docker engine does not answer after 60 seconds"
		fi
		sleep 0.5
	done
}

# rootlesskit calls ip, which a minimal system lacks.
./ensure-packages.sh uidmap slirp4netns fuse-overlayfs iproute2
# Podman hides the directory above for its networks where it is missing, all of /var/lib.
install -d -m 755 "$state" "$run" /var/lib/cni
install -d -m 700 -o "$user" -g "$(id -g "$user")" "$state/home" "$run/docker" "$run/podman"
ids /etc/subuid --add-subuids
ids /etc/subgid --add-subgids
device /dev/net/tun
device /dev/fuse

for name in "$@"; do
	case $name in
	docker-rootless)
		./ensure-packages.sh rootlesskit
		ensure_dockerd
		;;
	podman)
		./ensure-packages.sh podman runc catatonit netavark aardvark-dns
		storage podman "$user" "$run/podman"
		storage podman-rootful root "$run/podman-rootful"
		revive podman
		;;
	*) die "$name is no engine of the test user" ;;
	esac
done
