# One static busybox and the names it answers to.
FROM ctenv-test/debian AS debian
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends busybox-static

FROM scratch
COPY --from=debian /bin/busybox /bin/busybox
RUN ["/bin/busybox", "mkdir", "-p", "/sbin", "/usr/bin", "/usr/sbin", "/etc", "/root", "/tmp"]
RUN ["/bin/busybox", "--install", "-s"]
RUN chmod 1777 /tmp && echo 'root:x:0:0:root:/root:/bin/sh' >/etc/passwd && echo 'root:x:0:' >/etc/group
CMD ["sh"]
