# make build   bin/ctenv, one file to hand around
# make test    everything, on an engine that is installed and started if need be
# make demo    a real build in a container, as you
# make build share && sudo make install [PREFIX=/usr/local] [DESTDIR=]
# make release dist/, with packages for every platform

VERSION := $(shell scripts/version.sh)
COMMIT := $(shell git rev-parse HEAD 2>/dev/null)
# What a release's files are dated.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
export SOURCE_DATE_EPOCH

PREFIX ?= /usr/local
DESTDIR ?=
DIST := dist
TARGETS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64

# The engine's machine may be another than this one: both inits travel in bin/ctenv.
INIT_ARCHS := amd64 arm64
INIT_DIR := internal/initbin/bin
SHELL_DIR := internal/shellbin/bin

# The same source gives the same bytes, wherever and whenever it is built.
export CGO_ENABLED := 0
# So it does whatever its builder has set for other programs. An empty GOFLAGS would be that
# of `go env -w`.
GO_BUILD := GOFLAGS=-trimpath GOAMD64=v1 GOARM64=v8.0 go build -trimpath -buildvcs=false
LDFLAGS := -s -w
CTENV_LDFLAGS = $(LDFLAGS) -X main.version=$(VERSION) -X main.commit=$(COMMIT)

# The same tests on the engines of newer Debian suites.
SUITES := trixie sid

.PHONY: build init share install release release-check probe test test-engines unit e2e demo bench bench-init docs fuzz lint clean
.DEFAULT_GOAL := build

# go knows best what has changed, so these always ask it.
build: init
	$(GO_BUILD) -ldflags '$(CTENV_LDFLAGS)' -o bin/ctenv ./cmd/ctenv

init: $(INIT_ARCHS:%=init-%)

.PHONY: $(INIT_ARCHS:%=init-%)
# ctenv-init carries the shell for images that have none.
.PHONY: $(INIT_ARCHS:%=shell-%)
$(INIT_ARCHS:%=shell-%): shell-%:
	GOOS=linux GOARCH=$* $(GO_BUILD) -ldflags '$(LDFLAGS)' -o $(SHELL_DIR)/$*/ctenv-shell ./cmd/ctenv-shell
	gzip -9nf $(SHELL_DIR)/$*/ctenv-shell

$(INIT_ARCHS:%=init-%): init-%: shell-%
	GOOS=linux GOARCH=$* $(GO_BUILD) -ldflags '$(LDFLAGS)' -o $(INIT_DIR)/ctenv-init-linux-$* ./cmd/ctenv-init
	sha256sum <$(INIT_DIR)/ctenv-init-linux-$* | cut -c 1-64 >$(INIT_DIR)/ctenv-init-linux-$*.sha256

# Man pages, completions and an example of /etc/ctenv.toml.
share:
	rm -rf bin/share
	go run ./scripts/share bin/share $(VERSION)

# A ctenv-init of root's, where ctenv looks for one below /usr and /usr/local. Behind sudo it
# is what was built before: root has neither the caller's go nor its cache.
INSTALL_ARCH = $(patsubst aarch64,arm64,$(patsubst x86_64,amd64,$(shell uname -m)))
install: $(if $(SUDO_USER),,build share)
	@test -d bin/share || { echo 'error: nothing is built: make build share' >&2; exit 1; }
	install -D -m 755 bin/ctenv $(DESTDIR)$(PREFIX)/bin/ctenv
	install -D -m 755 $(INIT_DIR)/ctenv-init-linux-$(INSTALL_ARCH) $(DESTDIR)$(PREFIX)/libexec/ctenv/ctenv-init
	cd bin/share && find share -type f | while read -r file; do \
		install -D -m 644 $$file $(abspath $(DESTDIR)$(PREFIX))/$$file || exit; \
	done

release: init share
	rm -rf $(DIST)
	for target in $(TARGETS); do \
		GOOS=$${target%/*} GOARCH=$${target#*/} $(GO_BUILD) -ldflags '$(CTENV_LDFLAGS)' \
			-o $(DIST)/built/$${target%/*}-$${target#*/}/ctenv ./cmd/ctenv || exit; \
	done
	go -C scripts/release run . -version $(VERSION) -epoch $(SOURCE_DATE_EPOCH) -source $(CURDIR) \
		-built $(abspath $(DIST))/built -share $(CURDIR)/bin/share -out $(abspath $(DIST))

# Twice, in two directories and as two users: the same bytes.
release-check:
	scripts/release-check.sh

probe:
	GOOS=linux $(GO_BUILD) -ldflags '$(LDFLAGS)' -o bin/e2e-probe ./e2e/probe

test: unit e2e

unit: init
	scripts/ensure-packages.sh bash dash busybox-static strace
	go vet ./...
	go test $$(go list ./... | grep -v '^ctenv/e2e$$')

e2e: build probe
	scripts/e2e.sh

test-engines: build probe
	for suite in $(SUITES); do scripts/test-engines.sh $$suite || exit; done

demo: build
	scripts/demo.sh

# Writes docs/benchmarks.md, with its chart; ten minutes on a quiet machine.
bench: build probe
	scripts/bench.sh -page docs/benchmarks -pairs 11 -heavy 2

# What ctenv-init costs inside the container, and what it is made of.
bench-init: build probe
	scripts/bench.sh -only '^(init|chown|size)$$'

# The pages that are made from tables of the program.
docs:
	go generate ./internal/cli ./internal/runargs

fuzz:
	scripts/fuzz.sh

lint:
	scripts/lint.sh

clean:
	rm -rf bin $(DIST) $(INIT_DIR)/ctenv-init-* $(SHELL_DIR)/*/ctenv-shell* example/build
