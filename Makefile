# The commands people use. `make run` and `make test` set everything up by themselves.
SHELL := /bin/bash
PORT ?= 8000
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FLASK := $(BIN)/flask --app wsgi
HOST := 127.0.0.1
BASE_URL := $(or $(PORTAL_BASE_URL),http://$(HOST):$(PORT))

.DEFAULT_GOAL := help
.PHONY: help install run test check fmt bench lock content catalogues fuzz serve browser-tests clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/run.stamp: requirements/run.txt requirements/uv.txt
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; found $$($(PYTHON) --version)."; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -c 'import ensurepip' 2>/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "Installing python3-venv ..." \
		&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null; } \
		|| { echo "The module venv is missing. On Debian and Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
	@echo "Installing what the portal needs (pinned, hashes checked) ..."
	@$(BIN)/pip install --quiet --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/run.txt
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@echo "Installing what the tests need (pinned, hashes checked) ..."
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

CATALOGUES := $(wildcard translations/*/LC_MESSAGES/messages.po)
$(VENV)/catalogues.stamp: $(CATALOGUES) $(VENV)/run.stamp
	@$(BIN)/pybabel -q compile -d translations 2>/dev/null || $(BIN)/pybabel compile -d translations
	@touch $@

install: $(VENV)/run.stamp $(VENV)/catalogues.stamp ## what production needs: the virtual environment, the catalogues

run: $(VENV)/run.stamp $(VENV)/catalogues.stamp ## set up and serve http://127.0.0.1:8000 (PORT=…); keeps all data
	@PORTAL_BASE_URL=$(BASE_URL) $(FLASK) setup || test $$? = 3  # 3: a faulty course was refused, and named; the rest runs
	@echo "Open $(BASE_URL)  (stop with Ctrl+C)"
	@PORTAL_BASE_URL=$(BASE_URL) exec $(BIN)/gunicorn --config portal/gunicorn.py --bind $(HOST):$(PORT) wsgi:app

test: $(VENV)/dev.stamp $(VENV)/catalogues.stamp ## every test this machine can run (REQUIRE_ALL=1: all, or fail)
	@$(BIN)/python -m tests.machine
	@$(BIN)/pytest -q -n 2 --dist worksteal -m "not browser" $(ARGS) || test $$? = 5
	@$(BIN)/pytest -q -n 2 --dist loadfile -m browser $(ARGS) || test $$? = 5  # apart: a driven browser leaves an event loop behind

check: $(VENV)/dev.stamp $(VENV)/catalogues.stamp ## format, lint, types, import directions, catalogues, content
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(FLASK) translations check
	@$(FLASK) content check

content: $(VENV)/run.stamp ## every fault of every course file, with its line
	@$(FLASK) content check

catalogues: $(VENV)/dev.stamp ## collect the messages and bring the catalogues up to date
	@$(FLASK) translations update

fmt: $(VENV)/dev.stamp ## format
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

bench: $(VENV)/dev.stamp $(VENV)/catalogues.stamp ## the benchmarks, as a table and as build/bench.json
	@$(BIN)/python -m tests.bench $(ARGS)

fuzz: $(VENV)/dev.stamp ## 100,000 broken files into every reader, whole imports too (ARGS="--seed 2"); every property on 25 times as many examples
	@mkdir -p build && $(BIN)/python -m tests.fuzz.tables_in --count 100000 --keep build/fuzz-input $(ARGS)
	@$(BIN)/python -m tests.fuzz.imports --read 100000 --run 10000 $(ARGS)
	@HYPOTHESIS_PROFILE=deep $(BIN)/pytest -q -n 2 --dist worksteal -m hypothesis

lock: ## resolve the dependencies anew and write the lock files
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 --no-header --extra postgres --extra redis --group dev pyproject.toml -o requirements/dev.txt
	@$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --extra postgres --extra redis -c requirements/dev.txt pyproject.toml -o requirements/run.txt

clean: ## remove what was built; keeps var/ (your data)
	@rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis
