# The caller's name belongs to another uid, and is part of a third name.
FROM ctenv-test/debian
RUN useradd --no-log-init --uid 777 --create-home ctenv-test && useradd --no-log-init --uid 778 my-ctenv-test
