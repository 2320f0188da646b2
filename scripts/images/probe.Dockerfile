# What an image usually has, and the program that tries to become root again.
FROM ctenv-test/debian
COPY e2e-probe /probe
