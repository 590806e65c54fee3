# Everything a contributor runs. `make test` is what CI runs, and nothing else.

# The first Python found that is new enough makes the virtual environment.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.xpyja-setup

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: $(STAMP) ## Make .venv with xpyja (editable) and the tools for development

$(STAMP): pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "error: xpyja needs Python 3.10 or later; set PYTHON=/path/to/python3" >&2; exit 2; fi
	@echo "Setting up $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: $(STAMP) ## Build examples/01-hello and run it
	@$(BIN)/xpyja build examples/01-hello/spec.yaml
	cd examples/01-hello && ./dist/hello.pyz run report.js

lint: $(STAMP) ## Format, lint, types, layers
	@$(BIN)/ruff format --check --quiet . || { echo "error: not formatted; run $(BIN)/ruff format ." >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports >$(VENV)/lint-imports.log || { cat $(VENV)/lint-imports.log; exit 1; }

test: lint ## Lint, then every test
	@$(BIN)/pytest -n auto -q
	@echo "all good: format, lint, types, layers and tests"

bench: $(STAMP) ## Measure start and build times
	@$(BIN)/python benchmarks/start.py
	@$(BIN)/python benchmarks/engine.py

clean: ## Remove what the other targets made
	rm -rf $(VENV) build dist examples/*/dist examples/*/build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
