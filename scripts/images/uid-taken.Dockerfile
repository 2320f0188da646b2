# The caller's uid belongs to somebody else, and the image has a user and an
# entrypoint of its own, as node's has. Another uid is ubuntu's.
FROM ctenv-test/debian
RUN groupadd --gid 12345 node && useradd --no-log-init --uid 12345 --gid node --create-home --shell /bin/bash node \
	&& useradd --no-log-init --uid 54321 --create-home --shell /bin/bash ubuntu
ENV FROM_IMAGE="kept as it is" HOME=/root
USER node
WORKDIR /home/node
ENTRYPOINT ["/bin/echo", "the image's entrypoint:"]
CMD ["node"]
