# Distroless in shape: accounts, certificates, time zones, glibc and one dynamic
# program, from the files of Debian's packages. No shell, no package manager.
FROM ctenv-test/debian AS debian
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends ca-certificates tzdata \
	&& rm -rf /var/lib/apt/lists/*

# What the program needs, at the places where Debian has it, is gathered in /root-fs.
RUN set -e; mkdir -p /root-fs/etc /root-fs/home/nonroot /root-fs/tmp /root-fs/usr/bin /root-fs/usr/share /root-fs/var/run; cd /; \
	for d in bin lib lib64; do [ ! -L "/$d" ] || { mkdir -p "/root-fs/usr/$d"; cp -P "/$d" /root-fs/; }; done; \
	cp --parents /usr/bin/printenv $(ldd /usr/bin/printenv | grep -o '/[^ ]*') /root-fs/; \
	cp -a --parents /usr/share/zoneinfo /etc/ssl/certs/ca-certificates.crt /etc/nsswitch.conf /etc/os-release /usr/lib/os-release /root-fs/; \
	chown 65532:65532 /root-fs/home/nonroot; chmod 700 /root-fs/home/nonroot; chmod 1777 /root-fs/tmp; \
	printf '%s\n' 'root:x:0:0:root:/root:/sbin/nologin' 'nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin' \
	'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >/root-fs/etc/passwd; \
	printf '%s\n' root:x:0: nobody:x:65534: tty:x:5: nonroot:x:65532: >/root-fs/etc/group

FROM scratch
COPY --from=debian /root-fs /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532
WORKDIR /home/nonroot
ENTRYPOINT ["/usr/bin/printenv"]
