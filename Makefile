# make lists the commands.
.DEFAULT_GOAL := help
LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

help:
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## the portal with sample people, on http://127.0.0.1:8080
	go run ./cmd/kabinet demo

test: ## all tests on both databases and in the browser; installs what is missing
	@scripts/test

test-pg: ## the unit tests on PostgreSQL
	@scripts/prepare
	@scripts/with-postgres go test ./internal/...

e2e: ## the browser stories on SQLite
	@scripts/prepare
	go test -timeout 8m ./e2e

check: test ## what CI runs: the tests and the linters
	$(LINT) run

bench: ## Go benchmarks; compare runs with benchstat
	go test -run '^$$' -bench . -benchmem ./internal/...

generate: assets ## write the generated files anew: pages, what browsers load
	@go tool templ generate -include-version=false -log-level warn

assets: ## build what browsers load: style sheet, script, fonts, icons
	@go run ./internal/platform/ui/assets/build

spec: ## which test proves which requirement
	@go run ./internal/tools/spec

spec-update: ## hold what is proved now in docs/requirements/proved.txt
	@go run ./internal/tools/spec -update

.PHONY: help run test test-pg e2e check bench generate assets spec spec-update
