# zypper is the only package manager.
FROM ctenv-test/managers
RUN rm -f /usr/bin/apt* /usr/bin/dpkg* /usr/bin/dnf* /usr/bin/pacman* && mkdir -p /etc/zypp/repos.d \
	&& printf '%s\n' '[test]' 'name = test' 'baseurl = file:///srv/rpm' 'autorefresh = 1' 'gpgcheck = 0' >/etc/zypp/repos.d/test.repo
