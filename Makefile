# make build   bin/ctenv, one file to hand around
# make test    everything, on an engine that is installed and started if need be
# make demo    a real build in a container, as you

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

# The engine's machine may be another than this one: both inits travel in bin/ctenv.
INIT_ARCHS := amd64 arm64
INIT_DIR := internal/initbin/bin
SHELL_DIR := internal/shellbin/bin

# The same source gives the same bytes, wherever and whenever it is built.
export CGO_ENABLED := 0
GO_BUILD := go build -trimpath -buildvcs=false
LDFLAGS := -s -w

.PHONY: build init probe test unit e2e demo bench bench-init docs fuzz lint clean
.DEFAULT_GOAL := build

# go knows best what has changed, so these always ask it.
build: init
	$(GO_BUILD) -ldflags '$(LDFLAGS) -X main.version=$(VERSION)' -o bin/ctenv ./cmd/ctenv

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

probe:
	GOOS=linux $(GO_BUILD) -ldflags '$(LDFLAGS)' -o bin/e2e-probe ./e2e/probe

test: unit e2e

unit: init
	scripts/ensure-packages.sh bash dash busybox-static
	go vet ./...
	go test $$(go list ./... | grep -v '^ctenv/e2e$$')

e2e: build probe
	scripts/e2e.sh

demo: build
	scripts/demo.sh

bench: build probe
	scripts/bench.sh

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
	rm -rf bin $(INIT_DIR)/ctenv-init-* $(SHELL_DIR)/*/ctenv-shell* example/build
