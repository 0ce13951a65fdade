# `make demo` judges a simulated estate, `make test` tests kanmon itself; both set up .venv first.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
# Tests wait for sockets and programs as often as they compute.
WORKERS := $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1))')
COMPILE := uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11

.PHONY: messages demo test mutate lint docs picture requirements clean

demo: .venv/ready
	$(BIN)/pytest checks/ --env demo

test: .venv/ready-for-tests
	$(BIN)/pytest tests/ -n $(WORKERS) --dist loadfile

mutate: .venv/ready-for-tests
	$(BIN)/python -m tests.mutate

lint: .venv/ready-for-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: .venv/ready
	$(BIN)/kanmon catalogue > docs/catalogue.md
	$(BIN)/kanmon schema > docs/environment.schema.json
	$(BIN)/kanmon knowledge --unverified --into docs/knowledge.md

# The texts of the code into the catalogue of each language; what is new waits there for a translator.
messages: .venv/ready
	$(BIN)/pybabel -q extract -F pyproject.toml --no-default-keywords -k Text -k tr -k translate \
	    --no-wrap --sort-by-file --add-location=file --omit-header -o kanmon/locale/kanmon.pot checks kanmon
	$(BIN)/pybabel -q update -i kanmon/locale/kanmon.pot -d kanmon/locale -D kanmon --no-wrap --no-fuzzy-matching \
	    --ignore-obsolete --ignore-pot-creation-date
	rm kanmon/locale/kanmon.pot

# Needs Chromium and its driver, as the tests of the page do.
picture: .venv/ready-for-tests
	$(BIN)/python -m tests.picture

.venv/ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kanmon needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv --clear .venv
	$(PIP) --require-hashes -r requirements.txt
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@

.venv/ready-for-tests: .venv/ready requirements-dev.txt
	$(PIP) --require-hashes -r requirements-dev.txt
	touch $@

# Needs uv: it pins for every Python and system at once.
requirements:
	$(COMPILE) pyproject.toml requirements.in -o requirements.txt
	$(COMPILE) pyproject.toml requirements.in --extra dev --extra keyring -c requirements.txt -o requirements-dev.txt

clean:
	rm -rf .venv
