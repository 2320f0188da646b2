# No passwd, no group, no shadow.
FROM ctenv-test/busybox
RUN rm -f /etc/passwd /etc/group /etc/shadow
