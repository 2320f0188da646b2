# pacman is the only package manager, and has no copy of the repository's list yet,
# as Arch's own image has none.
FROM ctenv-test/managers
RUN rm -f /usr/bin/apt* /usr/bin/dpkg* /usr/bin/dnf* /usr/bin/zypper \
	&& printf '%s\n' '[options]' 'Architecture = auto' 'SigLevel = Never' '[test]' 'Server = file:///srv/pacman' >/etc/pacman.conf
