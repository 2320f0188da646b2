# Debian without bash: sh is dash. The virtualenv has the activate script that
# Python's venv module writes.
FROM ctenv-test/build
RUN dpkg --purge --force-all bash && rm -f /etc/skel/.bash* && ! command -v bash
CMD ["sh"]
