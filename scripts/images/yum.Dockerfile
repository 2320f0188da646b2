# yum is the only package manager, and a link to dnf, as RHEL 8 has it.
FROM ctenv-test/dnf
RUN ln -s dnf-3 /usr/bin/yum && rm /usr/bin/dnf
