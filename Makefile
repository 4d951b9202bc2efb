# Tocsin: what a newcomer or a developer can ask for. `make help` lists it.

SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check --quiet install
PYTEST := $(BIN)/python -m pytest
QUICK := -m "not long and not slow and not photographs and not browser"
NODE := access evidence hma intake jobs node outgoing web
REVIEW := cases console law
FILING := acceptance filing

# Containers of Python often set this: then every one of the hundreds of processes that tests start would
# compile all of Tocsin anew (0.3 s of a server's 1.1 s).
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: $(VENV)/.runtime ## Make sample pictures, bank some, scan altered copies, write a report
	@$(BIN)/tocsin demo .demo

test: $(VENV)/.dev oracles ## Run every test but the long proofs
	@$(PYTEST) --numprocesses 2 --dist loadfile --no-loadscope-reorder -m "not long"

test-unit: $(VENV)/.dev ## Run the tests that take no time (seconds in all), but for those of the four below
	@$(PYTEST) $(QUICK) --ignore tests/browser --ignore tests/cli --ignore tests/faults --ignore tests/test_docs.py \
		--ignore tests/provenance $(addprefix --ignore tests/,$(NODE) $(REVIEW) $(FILING))

test-node: $(VENV)/.dev ## Run the tests of the node's rooms that take no time each
	@$(PYTEST) $(QUICK) $(addprefix tests/,$(NODE))

test-review: $(VENV)/.dev ## Run the tests of cases, the law and the console that take no time each (half a minute in all)
	@$(PYTEST) $(QUICK) $(addprefix tests/,$(REVIEW))

test-filing: $(VENV)/.dev ## Run the tests of filing that take no time each (half a minute in all)
	@$(PYTEST) $(QUICK) $(addprefix tests/,$(FILING))

test-provenance: $(VENV)/.dev ## Run the tests of provenance that take no time each (20 seconds in all)
	@$(PYTEST) $(QUICK) tests/provenance

test-long: $(VENV)/.dev oracles photos ## Run the long proofs: 10 M entries, 100 kills, every photograph
	@$(PYTEST) -m "long or photographs" --timeout 3600

lint: $(VENV)/.dev ## Check style, types, layers and generated documents
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache > .lint-imports.log 2>&1 || (cat .lint-imports.log; exit 1)
	@rm -f .lint-imports.log
	@$(BIN)/python scripts/reference --check

fix: $(VENV)/.dev ## Format, and mend what can be mended by itself
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

docs: $(VENV)/.dev ## Write the generated reference anew
	@$(BIN)/python scripts/reference

screenshots: $(VENV)/.dev ## Picture every page of the console anew, for the docs
	@TOCSIN_SCREENSHOTS=1 $(PYTEST) -q tests/console/test_screenshots.py

bench: $(VENV)/.peers photos ## Measure ourselves beside the peers, on the photographs
	@$(BIN)/python -m bench

photos: $(VENV)/.dev ## Fetch the photographs that benches and long proofs use, outside the tree
	@$(BIN)/python -m bench.photos

lock: $(VENV)/.dev ## Recompute the locked requirements from pyproject.toml
	@PATH=$(BIN):$$PATH scripts/lock

dev: $(VENV)/.dev ## Set up a development environment in .venv

clean: ## Remove the environment and everything that was made
	@rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis dist

# Each set of locked packages leaves a stamp, so that a second run installs nothing.

$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing Tocsin and its locked dependencies into $(VENV) ..."
	@$(INSTALL) --require-hashes -r requirements/runtime.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "Installing the locked development tools into $(VENV) ..."
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.peers: requirements/peers.txt $(VENV)/.dev
	@echo "Installing the peers we measure ourselves against into $(VENV) ..."
	@$(INSTALL) --require-hashes -r requirements/peers.txt
	@touch $@

# Some peers compile C++. Where that fails, the tests that compare with them skip and say so.
oracles: $(VENV)/.dev
	@$(MAKE) --no-print-directory $(VENV)/.peers || echo "The peers cannot be installed here: tests against them will be skipped."

.PHONY: help demo test test-unit test-node test-review test-provenance test-long lint fix docs bench photos lock dev clean oracles
