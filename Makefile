# Tocsin: what a developer or a newcomer can ask for. `make help` lists it.

SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip --disable-pip-version-check --quiet install

.DEFAULT_GOAL := help

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# Each set of locked packages leaves a stamp, so that a second run installs nothing.
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing Tocsin and its locked dependencies into $(VENV) ..."
	@$(PIP_INSTALL) --require-hashes -r requirements/runtime.txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "Installing the locked development tools into $(VENV) ..."
	@$(PIP_INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.peers: requirements/peers.txt $(VENV)/.dev
	@echo "Installing the peers we measure ourselves against into $(VENV) ..."
	@$(PIP_INSTALL) --require-hashes -r requirements/peers.txt
	@touch $@

dev: $(VENV)/.dev ## Set up a development environment in .venv

lock: ## Recompute the locked requirements from pyproject.toml
	@scripts/lock

.PHONY: help dev lock
