# shellcheck shell=sh
# How this machine reaches Debian's packages, for what is made from them.

# mirror LABEL DEFAULT: the URI under which apt fetches that part of Debian.
mirror() {
	uri=$(apt-get indextargets --format "\$(ORIGIN)/\$(LABEL) \$(REPO_URI)" 'Created-By: Packages' |
		sed -n "s,^Debian/$1 ,,p" | head -n 1)
	echo "${uri:-$2}"
}

# apt_settings are those that the way to the mirror depends on.
apt_settings() {
	apt-config dump Acquire::http Acquire::https Acquire::Check-Valid-Until Acquire::Check-Date | grep -v '""' || true
}
