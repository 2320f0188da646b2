# The account files lie in a store that nothing writes to, as Nix makes images.
FROM ctenv-test/debian
RUN mkdir /store && mv /etc/passwd /etc/group /store && ln -s /store/passwd /etc/passwd && ln -s ../store/group /etc/group \
	&& chmod 444 /store/*
