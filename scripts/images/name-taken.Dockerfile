# The caller's name belongs to another uid, and is part of a third name. The name
# "a.b" is free, but its pattern and its parts are not.
FROM ctenv-test/debian
RUN groupadd --gid 777 ctenv-test && useradd --no-log-init --uid 777 --gid 777 --create-home --groups audio ctenv-test \
	&& useradd --no-log-init --uid 778 my-ctenv-test \
	&& useradd --no-log-init --uid 7001 aXb && useradd --no-log-init --uid 7002 foo-axb \
	&& sed -i 's/^foo-axb:/foo-a.b:/' /etc/passwd /etc/group /etc/shadow
