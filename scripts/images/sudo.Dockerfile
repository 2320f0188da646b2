# sudo is there already, so that tests of it need no network.
FROM ctenv-test/debian
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends sudo && rm -rf /var/lib/apt/lists/*
