# dnf is the only package manager.
FROM ctenv-test/managers
RUN rm -f /usr/bin/apt* /usr/bin/dpkg* /usr/bin/zypper /usr/bin/pacman* && mkdir -p /etc/yum.repos.d \
	&& printf '%s\n' '[test]' 'name = test' 'baseurl = file:///srv/rpm' 'gpgcheck = 0' >/etc/yum.repos.d/test.repo
