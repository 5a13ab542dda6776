# Everything here works from a clean clone; what is missing is set up first, and only once.
# Needed beforehand: make, Python 3.11 or later with venv; for the tests also Chromium.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := help

ARGS ?=
BIN := .venv/bin
PY := $(BIN)/python
# Local pip settings could offer other files than the registry's own; a lock must name the registry's.
COMPILE := env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null CUSTOM_COMPILE_COMMAND='make lock' \
	$(PY) -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe --build-deps-for editable \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options

.PHONY: help
help: ## Say what can be made
	@echo 'make TARGET [ARGS="..."]'
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' Makefile | expand -t 20

.PHONY: demo
demo: .venv/run.stamp ## Play a city's days on this machine, then serve its pages
	@$(BIN)/firsthand demo $(ARGS)

.PHONY: test
test: .venv/dev.stamp chromium ## Run every test; ARGS go to pytest
	$(PY) -m pytest -n auto --dist loadfile $(ARGS)

.PHONY: check
check: .venv/dev.stamp ## Check style, types, imports, SQL, migrations and translations
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(BIN)/lint-imports --no-logo
	$(PY) -m checks

.PHONY: format
format: .venv/dev.stamp ## Put the code into the one format
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

.PHONY: bench
bench: .venv/run.stamp ## Measure bookings a second through HTTP
	@$(BIN)/firsthand bench booking $(ARGS)

.PHONY: assets
assets: node_modules/.package-lock.json ## Build the committed style sheet, script and fonts (needs node)
	node assets/build.mjs $(ARGS)

.PHONY: lock
lock: .venv/dev.stamp ## Write requirements/ anew from pyproject.toml; ARGS="--upgrade" takes newer versions
	$(COMPILE) $(ARGS) -o requirements/run.txt pyproject.toml
	$(COMPILE) $(ARGS) --extra dev -c requirements/run.txt -o requirements/dev.txt pyproject.toml

.PHONY: translations
translations: .venv/dev.stamp ## Bring new sentences into the Chinese catalogue, to be translated there
	$(PY) -m checks.catalogue

.PHONY: migrations-seal
migrations-seal: .venv/dev.stamp ## Record the new migrations, which then never change
	$(PY) -m checks.sealed

.PHONY: clean
clean: ## Remove what was installed and cached; data stays
	rm -rf .venv node_modules build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests checks -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: chromium
chromium:
	@for name in "$${FIRSTHAND_CHROMIUM:-chromium}" chromium chromium-browser google-chrome; do \
		if command -v "$$name" >/dev/null; then exit 0; fi; done; \
	echo 'The journeys need Chromium. Install it (Debian: apt-get install chromium) or name one in FIRSTHAND_CHROMIUM.' >&2; \
	exit 1

# --- set-up -----------------------------------------------------------------------------------------------------------

.venv/python.stamp:
	@for name in $${PYTHON:-} python3.11 python3 python3.12 python3.13 python3.14; do \
		if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found="$$name"; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then \
		echo 'Firsthand needs Python 3.11 or later (Debian: apt-get install python3 python3-venv).' >&2; exit 1; fi; \
	if ! "$$found" -c 'import ensurepip' 2>/dev/null; then \
		echo "$$found cannot make virtual environments (Debian: apt-get install python3-venv)." >&2; exit 1; fi; \
	"$$found" -m venv .venv
	@touch $@

.venv/run.stamp: .venv/python.stamp requirements/run.txt pyproject.toml
	@echo 'Installing what Firsthand runs on ...'
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements/dev.txt
	@echo 'Installing what the tests and checks need ...'
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch $@
