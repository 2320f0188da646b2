# No /tmp, no /run and no PATH.
FROM ctenv-test/busybox
RUN rm -rf /tmp /run
ENV PATH=
