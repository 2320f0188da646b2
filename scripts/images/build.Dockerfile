# A build container as a company has it: a compiler and a Python virtualenv.
FROM ctenv-test/debian
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev make python3-venv \
	&& rm -rf /var/lib/apt/lists/* && python3 -m venv --without-pip /build-venv
