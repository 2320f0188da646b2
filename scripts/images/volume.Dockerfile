# The image declares a volume where the project will be mounted.
FROM ctenv-test/busybox
VOLUME /repo/data/deep
