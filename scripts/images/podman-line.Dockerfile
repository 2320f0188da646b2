# The line that podman --userns=keep-id writes for the caller: its home is "/".
FROM ctenv-test/debian
RUN echo 'ctenv-test:*:12345:23456:ctenv-test,,,:/:/bin/sh' >>/etc/passwd
