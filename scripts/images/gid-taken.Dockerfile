# The caller's gid belongs to another group.
FROM ctenv-test/debian
RUN groupadd --gid 23456 staff-of-image
