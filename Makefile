# numalens. `make help` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VERSION := $(shell sed -n 's/^  "version": "\(.*\)",/\1/p' package.json)
COMMIT  := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)+$(COMMIT)
PLUGIN  := dist/datasource/gpx_numalens_$(shell go env GOOS 2>/dev/null)_$(shell go env GOARCH 2>/dev/null)
GO_SRC  := $(shell find pkg cmd -name '*.go' -not -name '*_test.go' 2>/dev/null) go.mod go.sum
PAGE_SRC := $(shell find src workbench -type f -not -path 'workbench/dist/*' 2>/dev/null) package.json

# One name for the npm run that everything of the page side needs first.
NODE_MODULES := node_modules/.package-lock.json

.PHONY: help demo test build release bench bench-agent bench-peers guest lint golden fuzz-imports up clean tools

# The runs that the demo shows beside this host.
RECORDED := testdata/exports/guest

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

tools:
	@command -v go >/dev/null || { echo "make: go is missing; numalens needs Go 1.26 or later: https://go.dev/dl/ or your distribution's golang package"; exit 1; }
	@command -v npm >/dev/null || { echo "make: npm is missing; numalens needs Node.js 20 or later with npm: https://nodejs.org or your distribution's nodejs and npm packages"; exit 1; }
	@node -e 'process.exit(+process.versions.node.split(".")[0] < 20 ? 1 : 0)' || { echo "make: node is $$(node --version); numalens needs Node.js 20 or later: https://nodejs.org"; exit 1; }

$(NODE_MODULES): package.json package-lock.json | tools
	npm ci --no-audit --no-fund
	@touch $@

demo: bin/numalens bin/numalens-agent ## record this host and show it in a browser, live, beside recorded runs of four nodes
	bin/numalens demo --beside $(RECORDED)

build: bin/numalens bin/numalens-agent dist/module.js $(PLUGIN) ## make bin/numalens, bin/numalens-agent and the plugin in dist/

release: workbench/dist/index.html ## static binaries for amd64 and arm64, and their sums, in release/
	@mkdir -p release
	@for arch in amd64 arm64; do for name in numalens numalens-agent; do \
		echo "release/$$name-linux-$$arch"; \
		CGO_ENABLED=0 GOOS=linux GOARCH=$$arch go build -trimpath -ldflags '$(LDFLAGS)' -o release/$$name-linux-$$arch ./cmd/$$name; \
	done; done
	@cd release && sha256sum numalens*-linux-* >SHA256SUMS

bin/numalens: $(GO_SRC) workbench/dist/index.html | tools
	go build -trimpath -ldflags '$(LDFLAGS)' -o $@ ./cmd/numalens

bin/numalens-agent: $(GO_SRC) | tools
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $@ ./cmd/numalens-agent

workbench/dist/index.html: $(PAGE_SRC) $(NODE_MODULES)
	npm run --silent workbench
	@touch $@

dist/module.js: $(PAGE_SRC) $(NODE_MODULES)
	npm run --silent build
	@touch $@

$(PLUGIN): $(GO_SRC) dist/module.js | tools
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $@ ./pkg

test: build ## run every test; says at the end what passed and what was skipped, and why
	go run ./tests/suite

bench: ## measure: Go's benchmark format, for benchstat
	@go test -run '^$$' -bench . -benchmem ./pkg/...

bench-agent: bin/numalens-agent ## measure what the agent costs this host
	@go run ./bench/agent

bench-peers: ## compare answers and speed with Prometheus, VictoriaMetrics and DuckDB on the same data; PEERS='--ranges 10m --dir DIR'
	@go run ./bench/peers $(PEERS)

guest: ## record the demo's runs anew in an emulated machine of four nodes, and check their counts
	go run ./tests/guest/stories/cmd --out $(RECORDED)

fuzz-imports: ## read ten million mutated inputs with every format that can be imported (N=1000 for fewer)
	go run ./tests/fuzz -n $(or $(N),10000000)

lint: $(NODE_MODULES) ## formatting, vet, staticcheck, eslint, types
	@test -z "$$(gofmt -l pkg cmd tests bench workbench/*.go)" || { echo "not formatted:"; gofmt -l pkg cmd tests bench workbench/*.go; exit 1; }
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	npm run --silent lint
	npm run --silent typecheck

golden: $(NODE_MODULES) ## rewrite the expected outputs of the tests; look at the diff
	go run ./provisioning/generate
	go generate ./pkg/export/exporttest
	go test $$(grep -rl --include='*_test.go' 'flag.Bool("update"' pkg | xargs -n1 dirname | sort -u | sed 's,^,./,') -update
	npx jest --updateSnapshot --silent

up: ## start Grafana with everything in it
	@command -v docker >/dev/null || { echo "make: docker is missing; see https://docs.docker.com/engine/install/"; exit 1; }
	docker compose up --build

clean: ## remove what was built
	rm -rf bin dist
	find workbench/dist -mindepth 1 -not -name .gitkeep -delete
