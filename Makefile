# `make chat` and `make test` are all one needs; each sets itself up on first use.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
# In CI nothing is left out; at a desk the suite stays quick.
UNIT := $(if $(filter true,$(CI)),not browser and not sabotage,not browser and not slow and not crash and not sabotage)

# Every pip, the isolated one that builds the package too, stays inside the pinned versions.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help chat test check lint format types unit browser texts eval eval-all accept bench torture soak sabotage constraints clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

chat: $(READY) ## Ask in the browser, at http://127.0.0.1:8000
	$(BIN)/assistant chat

test: check unit browser ## Format, lint, types, unit tests and browser tests

check: $(READY) ## Format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

lint: $(READY) ## Lint only
	$(BIN)/ruff check .

types: $(READY) ## Type-check only
	$(BIN)/mypy

format: $(READY) ## Rewrite the code as `make test` wants it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

unit: $(READY) ## Unit tests only
	$(BIN)/python -m pytest -m "$(UNIT)"

# Playwright's event loop and the async unit tests do not share a process.
browser: $(READY) ## Browser tests only; they need Chromium
	@if [ -n "$(CHROMIUM)" ]; then \
		echo '$(BIN)/python -m pytest -m browser'; \
		FOOTNOTE_TEST_CHROMIUM="$(CHROMIUM)" $(BIN)/python -m pytest -m browser; \
	elif [ "$(CI)" = true ]; then \
		echo 'error: CI runs the browser tests, and there is no Chromium here; install the chromium package' >&2; \
		exit 1; \
	else \
		echo 'Browser tests skipped: there is no Chromium on this machine (install the chromium package to run them).'; \
	fi

LOCALE := assistant/chat/texts/locale
TEXTS := $(LOCALE)/footnote.pot
texts: $(READY) ## Bring the catalogs of the interface's texts up to date with the code
	$(BIN)/pybabel -q extract -F pyproject.toml -k _ -k N_ -k say -k say_count:1,2 \
		--no-wrap --sort-by-file --add-location=file -o $(TEXTS) .
	$(BIN)/pybabel -q update -i $(TEXTS) -d $(LOCALE) -D footnote \
		--no-fuzzy-matching --ignore-obsolete --no-wrap --ignore-pot-creation-date
	rm $(TEXTS)

eval: $(READY) ## Measure quality on the project's questions; fails under the floors, or on a significant drop
	$(BIN)/python -m eval

eval-all: $(READY) ## The same on all sets of eval/sets.toml, Larkmere and what is held out too
	$(BIN)/python -m eval --all

accept: $(READY) ## After `make eval-all`: compare with these runs from now on; writes their figures into docs/evaluation.md
	$(BIN)/python -m eval accept --all
	$(BIN)/python benchmarks/evaluation.py

bench: $(READY) ## Measure speed beside other libraries (FULL=1: hours); writes docs/performance.md
	$(BIN)/python -m benchmarks.bench $(if $(FULL),--full)

FIGURES ?= .figures
torture: $(READY) ## Kill, starve, damage and fuzz it for an hour or two; writes docs/reliability.md
	mkdir -p $(FIGURES)
	CI=true FOOTNOTE_TEST_TORTURE=full FOOTNOTE_TEST_FUZZ_DOCUMENTS=10000 FOOTNOTE_TEST_FIGURES=$(abspath $(FIGURES)) \
		$(BIN)/python -m pytest tests/torture tests/fuzz -m "crash or slow"
	$(BIN)/python benchmarks/memory.py --figures $(FIGURES)
	$(BIN)/python benchmarks/reliability.py $(FIGURES)

HOURS ?= 2
soak: $(READY) ## Use the chat for hours, and compare 10,000 answers with their articles: does it stay level, is all exact?
	$(BIN)/python -m benchmarks.soak --hours $(HOURS)
	FOOTNOTE_TEST_ANSWERS=10000 FOOTNOTE_TEST_CHROMIUM="$(CHROMIUM)" $(BIN)/python -m pytest -s -m browser \
		tests/browser/test_exactness.py -k every_quote

# One thread for FAISS: more only wait for each other over an index this small.
sabotage: $(READY) ## Break the program in some forty ways and see that the evaluation notices; writes docs/sabotage.md
	mkdir -p $(FIGURES)
	OMP_NUM_THREADS=1 FOOTNOTE_TEST_FIGURES=$(abspath $(FIGURES)) $(BIN)/python -m pytest tests/sabotage -m sabotage -n 2
	$(BIN)/python benchmarks/sabotage.py $(FIGURES)

constraints: $(READY) ## Write constraints.txt from what is installed
	{ sed '/^[^#]/d' constraints.txt; $(BIN)/pip freeze --exclude-editable | sed 's/+.*//'; } > constraints.new
	mv constraints.new constraints.txt

clean: ## Remove the environment and everything built or cached
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .files .chainlit dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The first Python that is new enough and can make an environment; `make PYTHON=…` names another.
$(READY): pyproject.toml constraints.txt
	@python="$(PYTHON)"; \
	for candidate in python3.11 python3.12 python3.13 python3.14 python3 python; do \
		[ -n "$$python" ] && break; \
		if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
		then python="$$candidate"; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo 'error: no Python 3.11 or newer that can make a virtual environment was found;' \
			'install one (on Debian: python3 and python3-venv) or name it: make PYTHON=/path/to/python' >&2; \
		exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$("$$python" --version) (a few minutes, once)"; \
	"$$python" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@
