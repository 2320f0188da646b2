# git is there, and curl.
FROM ctenv-test/debian
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends curl git openssl && rm -rf /var/lib/apt/lists/*
