# Everything that an image's configuration can say, each against what ctenv says: what
# of it an engine acts on shows in the container.
FROM ctenv-test/debian
RUN mkdir -p /home/ctenv-test/.cache/tool /home/ctenv-test/.config && touch /home/ctenv-test/.config/of-image \
	&& useradd --no-log-init --uid 54321 --create-home other
ENV FROM_IMAGE="kept as it is" CTENV_REQUEST_9="of the image" HOME=/nowhere
USER other
WORKDIR /home/other
ENTRYPOINT ["/bin/echo", "the image's entrypoint"]
CMD ["the image's command"]
SHELL ["/bin/false", "-c"]
EXPOSE 8080
STOPSIGNAL SIGUSR1
VOLUME /home/ctenv-test /home/ctenv-test/.local/share/tool /opt/state
HEALTHCHECK --interval=1s --start-period=60s CMD ["/bin/sh", "-c", "touch /repo/checked; cp /bin/true /repo/rootly; chmod 4755 /repo/rootly; env >/repo/seen"]
ONBUILD RUN touch /onbuild
LABEL se.osd.ctenv.managed=true se.osd.ctenv.version=0 se.osd.ctenv.container=default se.osd.ctenv.stays=1 \
	se.osd.ctenv.uid=12345 se.osd.ctenv.config=0 se.osd.ctenv.project_dir=/somewhere
