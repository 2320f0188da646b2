# dnf, zypper and pacman, each with a local repository of one package: Debian's own
# sudo, packed for that manager. The images that have one manager only build on it.
FROM ctenv-test/debian
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends \
	dnf rpm createrepo-c zypper pacman-package-manager makepkg libarchive-tools zstd \
	&& cd /tmp && apt-get download -qq sudo && dpkg-deb -x sudo_*.deb all \
	&& rm -rf sudo_*.deb /var/lib/apt/lists/*

# What the package holds, with the modes that sudo insists on.
RUN cd /tmp/all && mkdir /srv/sudo && cp -a --parents usr/bin/sudo usr/libexec/sudo etc/pam.d/sudo etc/sudoers /srv/sudo \
	&& cd /srv/sudo && mkdir etc/sudoers.d && chmod 4755 usr/bin/sudo && chmod 440 etc/sudoers && chmod 750 etc/sudoers.d \
	&& rm -rf /tmp/all

COPY sudo.spec /srv/
RUN rpmbuild --quiet -bb --define '_rpmdir /srv/rpm' /srv/sudo.spec && createrepo_c --quiet /srv/rpm
RUN cd /srv && mkdir pacman && printf '%s\n' 'pkgname = sudo' 'pkgver = 1-1' 'arch = any' >/tmp/.PKGINFO \
	&& tar --zstd -cf pacman/sudo-1-1-any.pkg.tar.zst -C /tmp .PKGINFO -C /srv/sudo etc usr \
	&& repo-add --quiet pacman/test.db.tar.gz pacman/*.zst
