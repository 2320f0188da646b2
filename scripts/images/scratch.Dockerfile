# One static program and nothing else.
FROM scratch
COPY e2e-probe /probe
