# The caller's line in passwd promises an entry in shadow that is not there.
FROM ctenv-test/sudo
RUN echo 'ctenv-test:x:12345:23456::/home/ctenv-test:/bin/bash' >>/etc/passwd
