# shellcheck shell=sh
# The engines that the test user runs, for the scripts that source this. What it
# says is repeated in e2e/engines_test.go.

user=ctenv-test
state=/var/lib/ctenv-test   # images and containers
run=/run/ctenv-test         # sockets; docker and podman below it, each engine's XDG_RUNTIME_DIR

# What a podman says on each call where the kernel mixes versions of control groups.
export PODMAN_IGNORE_CGROUPSV1_WARNING=1

# as_user docker|podman COMMAND [ARGUMENT...]
as_user() {
	of=$1
	shift
	setpriv --reuid "$(id -u "$user")" --regid "$(id -g "$user")" --clear-groups env --ignore-environment \
		--chdir=/ PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		HOME="$state/home" USER="$user" LOGNAME="$user" XDG_RUNTIME_DIR="$run/$of" \
		PODMAN_IGNORE_CGROUPSV1_WARNING=1 "$@"
}

# engine NAME COMMAND [ARGUMENT...] runs an engine's own command. machine-SUITE is the
# docker of a second machine (machine.sh).
engine() {
	which=$1
	shift
	case $which in
	docker) docker "$@" ;;
	docker-rootless) docker --host "unix://$run/docker/docker.sock" "$@" ;;
	podman)
		as_user podman CONTAINERS_STORAGE_CONF="$state/podman/storage.conf" \
			CONTAINERS_CONF="$state/podman/containers.conf" podman "$@"
		;;
	podman-rootful)
		CONTAINERS_STORAGE_CONF="$state/podman-rootful/storage.conf" \
			CONTAINERS_CONF="$state/podman-rootful/containers.conf" podman "$@"
		;;
	machine-*) ./machine.sh "${which#machine-}" docker "$@" ;;
	*) die "no engine is called $which" ;;
	esac
}
