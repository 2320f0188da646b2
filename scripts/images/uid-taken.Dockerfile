# The caller's uid belongs to somebody else, and the image has a user and an
# entrypoint of its own, as node's has.
FROM ctenv-test/debian
RUN groupadd --gid 12345 node && useradd --no-log-init --uid 12345 --gid node --create-home --shell /bin/bash node
ENV FROM_IMAGE="kept as it is"
USER node
WORKDIR /home/node
ENTRYPOINT ["/bin/echo", "the image's entrypoint:"]
CMD ["node"]
