# A language server, to be asked from outside of a container.
FROM ctenv-test/debian
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends clangd && rm -rf /var/lib/apt/lists/*
