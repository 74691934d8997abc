# Everything a person or CI does here. Each target sets up what it needs, at locked versions, and is quick the second time.
# Only Python 3.11 to 3.13 and a package index are needed; pip's own configuration is respected.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --custom-compile-command "make lock" --quiet --upgrade

# Images often set it; then every one of the hundreds of processes of a test run compiles what it imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test unit test-servers test-systems check format docs bench soak eval bench-llm lock release audit image clean

help:  ## Show what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: .venv/dev.stamp  ## Create .venv with everything for development

demo: .venv/run.stamp  ## Install, then run "Onboard this project" on this checkout, on the embedded stack
	@$(BIN)/aether-agent servers install git
	@$(BIN)/aether-agent execute "Onboard this project"
	@printf '\n%s\n' 'To go on, put the command on your path:  export PATH="$(CURDIR)/$(BIN):$$PATH"'
	@echo 'Then `aether-agent` alone says what can be asked for in a folder; `make setup` brings schedules, Flower and the page.'

test: .venv/dev.stamp  ## Run every test (COVER=1: with the floor for coverage, which takes half as long again)
	@rm -f .coverage .coverage.*
	$(BIN)/python -m pytest -n 3 --dist loadscope --no-loadscope-reorder --ignore=tests/systems $(if $(COVER),--cov --cov-report=term:skip-covered) $(ARGS)

# Without the plugins that no unit test uses: they load an event loop and hypothesis, or visit every logger around each test.
unit: .venv/dev.stamp  ## Run the unit tests only, in seconds
	$(BIN)/python -m pytest -p no:anyio -p no:logging -p no:cov -p no:valkey -p no:platformdirs \
		-p no:hypothesispytest -p no:xdist tests/unit $(ARGS)

check: .venv/dev.stamp  ## Lint, format, types, layers, the rules of the house, and what operators deploy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest tests/house

format: .venv/dev.stamp  ## Put the code into its format
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	$(BIN)/ruff check .

test-servers: .venv/dev.stamp  ## Install and call every server of the catalogue, the heavy ones too
	AETHER_TEST_SERVERS=all $(BIN)/python -m pytest tests/integration/mcp_host/test_offered.py -s $(ARGS)

# Debian: postgresql mariadb-server pgloader restic dropbear-bin openssh-client prometheus redis-server systemd libseccomp2; root for servers of SSH and the disk that is full.
test-systems: .venv/dev.stamp  ## Test with real PostgreSQL, MariaDB and SSH servers, which must be installed
	AETHER_TEST_SYSTEMS=required $(BIN)/python -m pytest tests/systems $(ARGS)

docs: .venv/dev.stamp  ## Build the manual into site/, strictly: broken links and unlisted pages are errors
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

bench: .venv/dev.stamp  ## Measure the numbers to hold, side by side, in one run
	$(BIN)/python -m tests.benchmarks $(ARGS)

soak: .venv/dev.stamp  ## Ten minutes of tasks, with clients coming and going: what is not given back?
	$(BIN)/python -m tests.benchmarks.soak $(ARGS)

eval: .venv/dev.stamp  ## See the results of sentences, and write the table that a test compares (DEV=FOLDER: the development set too)
	$(BIN)/python -m tests.evaluation $(DEV)

bench-llm: .venv/dev.stamp  ## Score a served model as a planner: URL=http://127.0.0.1:11434/v1 MODEL=NAME DEV=FOLDER (ARGS="--key env:NAME …")
	$(BIN)/python -m tests.evaluation.model_bench $(URL) $(MODEL) $(DEV) $(ARGS)

lock: .venv/dev.stamp  ## Choose the newest versions that fit and write the lock files
	$(LOCK) --extra all --group dev -o requirements/dev.txt
	$(LOCK) --extra local --group build -c requirements/dev.txt -o requirements/run.txt
	$(LOCK) --extra all --group build -c requirements/dev.txt -o requirements/all.txt
	$(LOCK) --extra agentserver --group build --group test --group host -c requirements/aetherterm.in -o requirements/aetherterm.txt

release: .venv/dev.stamp  ## Build what is released into dist/, once version, changelog and checkout agree
	$(BIN)/python .ci/release
	$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir dist
	$(BIN)/python .ci/sbom dist/aether-agents.cdx.json
	@ls dist

# The rules of bandit are ruff's S in `make check`, with a reason at each exception; here its own, the worst only.
# Advisories come over the network: without it, this target fails and says so.
audit: .venv/dev.stamp  ## Look for known vulnerabilities in what we lock, and for grave ones in our own code
	$(BIN)/bandit --quiet --recursive -lll aether_agents aether_sandbox beat workers
	$(BIN)/pip-audit --requirement requirements/all.txt --require-hashes --disable-pip --strict --progress-spinner off

# HEALTHCHECK is in no image of the OCI's own format, hence docker's. BASE=IMAGE: another base, with Python 3.11 to 3.13.
# IMAGE_OPTIONS: what the builder is told besides, such as a volume with pip's configuration.
BUILDER := $(or $(shell command -v buildah),$(shell command -v docker))
image:  ## Build the image `aether-agents`, with buildah or docker, whichever is there (BASE=IMAGE: over another base)
	@[ -n "$(BUILDER)" ] || { echo "neither buildah nor docker is here: apt install buildah"; exit 1; }
	$(BUILDER) build $(if $(findstring buildah,$(BUILDER)),--format docker) $(if $(BASE),--build-arg BASE=$(BASE)) $(IMAGE_OPTIONS) \
		--build-arg COMMIT=$$(git describe --exact-match --match 'v*' >/dev/null 2>&1 || git rev-parse HEAD) \
		--file deploy/Dockerfile --tag aether-agents .

clean:  ## Remove what these targets made (not the state of the embedded stack)
	rm -rf .venv .venv-* site .coverage .coverage.* .mypy_cache .ruff_cache .hypothesis build dist

.venv/run.stamp: requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "Python 3.11 to 3.13 is needed; this is: $$($(PYTHON) --version 2>&1). Name one: make PYTHON=python3.12 ..."; exit 2; }
	@echo "Setting up .venv (once) ..."
	@.ci/install "$(PYTHON)" .venv requirements/run.txt
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/run.stamp
	@.ci/install "$(PYTHON)" .venv requirements/dev.txt
	@touch $@
