# Every command of the project. `make` alone lists them.

.DEFAULT_GOAL := help
SHELL := /bin/sh

# HOST is not taken from the environment: conda and some shells set it to something else.
HOST = 127.0.0.1
PORT ?= 8000
WORKERS ?= 2
PROCESSES ?= 2
PYTHON ?=
ARGS ?=
ENGINE ?= docker
IMAGE ?= backcheck

BIN := .venv/bin
TSC := npx --yes --package typescript@5.9.3 -- tsc
STAMP := .venv/.installed
# Workers are the parallelism; BLAS threads on top of them only get in each other's way.
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
# One version of numpy for every Python (fewest), hashes for every platform, no addresses.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-header --no-emit-index-url --no-emit-find-links

.PHONY: help setup serve test faults cluster check-page bench-page bench-batches screenshots test-slow check format tables bench bench-border bench-client bench-diagnosis bench-verdicts bench-bounds bench-misses mutants bench-lessons peers lock update licences audit sbom stress docker clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## Build .venv with the locked dependencies (every other command does it when needed)
	@echo "Ready: .venv, $$($(BIN)/python --version)"

serve: $(STAMP) ## Serve the page and the API; HOST=127.0.0.1 PORT=8000 WORKERS=2
	@echo "The page:  http://$(HOST):$(PORT)/"
	@echo "API docs:  http://$(HOST):$(PORT)/docs"
	@echo "Ctrl-C stops the service."
	@exec env $(ONE_THREAD) $(BIN)/python -m gunicorn --config service/gunicorn.conf.py \
		--no-control-socket --bind $(HOST):$(PORT) --workers $(WORKERS) 'service:create_app()'

test: $(STAMP) ## Run the tests, in PROCESSES=2; ARGS="-k rounding" picks some
	@$(BIN)/python -m pytest -n $(PROCESSES) --dist loadscope $(ARGS)

test-slow: $(STAMP) ## Run the tests that take long or need a package index
	@$(BIN)/python -m pytest -m slow $(ARGS)

faults: $(STAMP) ## Kill workers, schedulers and web workers in the middle of jobs (minutes)
	@$(BIN)/python -m pytest -m faults tests/faults $(ARGS)

cluster: $(STAMP) ## Run a Dask scheduler on 127.0.0.1:8786 and WORKERS=2 workers, to be shared
	@$(ONE_THREAD) $(BIN)/python -m service.jobs.cluster instance/cluster \
		--workers $(WORKERS) --port 8786 --stay

check: $(STAMP) ## Lint, formatting, types, and the direction of imports
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy --strict
	PYTHONPATH=clients/python/src $(BIN)/lint-imports
	@$(MAKE) --no-print-directory check-page

check-page: ## Types of the page's scripts, where node is
	@if $(TSC) --version >/dev/null 2>&1; then $(TSC) --project service/static/tsconfig.json; \
	else echo "Skipped: no npx here, or no TypeScript to fetch; the page's types are not checked."; fi

format: $(STAMP) ## Format the code and mend what the linter can mend
	$(BIN)/python -m ruff check --fix-only .
	$(BIN)/python -m ruff format .

tables: $(STAMP) ## Write the tables of the documents that follow from the code
	@$(BIN)/python -m docs.tables

bench: $(STAMP) ## Measure the finite-difference check beside what else there is (after make peers)
	@$(ONE_THREAD) $(BIN)/python -m benchmarks.differences $(ARGS)

bench-border: $(STAMP) ## Measure parsing, validating and printing; ARGS=--profile shows functions
	@$(ONE_THREAD) $(BIN)/python -m benchmarks.border $(ARGS)

bench-batches: $(STAMP) ## Measure batches and jobs (minutes); ARGS="bulk heavy million overhead"
	@$(ONE_THREAD) $(BIN)/python -m benchmarks.batches $(ARGS)

bench-client: $(STAMP) ## Measure what the client adds to a bare call
	@$(ONE_THREAD) $(BIN)/python -m benchmarks.client $(ARGS)

screenshots: $(STAMP) ## Take the pictures of the page in docs/images anew
	@$(BIN)/python -m docs.screenshots

bench-page: $(STAMP) ## Measure the page in a browser
	@$(BIN)/python -m benchmarks.page $(ARGS)

bench-diagnosis: $(STAMP) ## Measure how well mistakes are recognised
	@$(ONE_THREAD) $(BIN)/python -m benchmarks.diagnosis $(ARGS)

bench-verdicts: $(STAMP) ## Measure what verdicts and diagnoses cost
	@$(ONE_THREAD) $(BIN)/python -m benchmarks.verdict_times

bench-lessons: $(STAMP) ## Measure the strongest of 10^20 paths, training, and every lesson
	@$(ONE_THREAD) $(BIN)/python -m benchmarks.lessons

bench-bounds: $(STAMP) ## Measure false alarms of the bounds; ARGS="--count 20000 --seed 1"
	@$(ONE_THREAD) $(BIN)/python -m benchmarks.bounds $(ARGS)

bench-misses: $(STAMP) ## Measure that no mistake beyond its bound is missed; ARGS="--count 400"
	@$(ONE_THREAD) $(BIN)/python -m benchmarks.misses $(ARGS)

mutants: $(STAMP) ## Mutate our own equations and bound rules: some test has to fail each time
	@$(ONE_THREAD) $(BIN)/python -m benchmarks.mutations $(ARGS)

peers: $(STAMP) ## Add JAX and PyTorch to .venv, to compare with them (large)
	$(BIN)/uv pip install --python $(BIN)/python --constraint requirements/dev.txt --group peers

lock: $(STAMP) ## Write the locks anew after a change of dependencies in pyproject.toml
	$(COMPILE) $(UPGRADE) --group installer --output-file requirements/uv.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --output-file requirements/service.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --group dev --constraint requirements/service.txt \
		--output-file requirements/dev.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --all-extras --constraint requirements/service.txt \
		--output-file requirements/extras.txt
	$(COMPILE) $(UPGRADE) --group supply --output-file requirements/supply.txt

update: UPGRADE := --upgrade
update: lock ## Move every lock to the newest versions allowed

licences: $(STAMP) ## List the licences of what the service is installed with, and check them
	@$(BIN)/python -m docs.licences
	@echo "docs/licences.md"

# What looks at our dependencies has its own venv, so that it is not looked at itself.
SUPPLY := .venv/supply
$(SUPPLY)/.installed: requirements/supply.txt | $(STAMP)
	@$(BIN)/python -m venv $(SUPPLY)
	@$(BIN)/uv pip install --quiet --python $(SUPPLY)/bin/python --require-hashes --no-deps -r $<
	@touch $@

audit: $(SUPPLY)/.installed ## Look for known vulnerabilities in the locks (asks pypi.org)
	@for lock in service extras; do \
		$(SUPPLY)/bin/pip-audit --require-hashes --disable-pip -r requirements/$$lock.txt; done

sbom: $(SUPPLY)/.installed ## Write a CycloneDX bill of materials of the service to build/sbom.json
	@mkdir -p build
	@$(SUPPLY)/bin/cyclonedx-py requirements --output-reproducible \
		--pyproject pyproject.toml --output-file build/sbom.json requirements/service.txt
	@echo "build/sbom.json"

stress: $(STAMP) ## Fuzz, load, soak and faults for docs/reliability.md; ARGS="load --scale 0.2"
	@env $(ONE_THREAD) PYTHONPATH=clients/python/src $(BIN)/python -m benchmarks.stress $(ARGS)

docker: ## Build the container image; ENGINE=podman works too
	$(ENGINE) build --tag $(IMAGE) $(ARGS) \
		--build-arg VERSION="$$(awk -F '"' '/^version = / {print $$2; exit}' pyproject.toml)" \
		--build-arg REVISION="$$(git rev-parse HEAD 2>/dev/null || echo unknown)" .
	@echo "Run it:  $(ENGINE) run --rm --read-only --publish 127.0.0.1:8000:8000 $(IMAGE)"

clean: ## Remove .venv and every cache
	rm -rf .venv .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A broken or half-made .venv is made again; a sound one is kept, with what you added to it.
$(STAMP): requirements/uv.txt requirements/dev.txt
	@set -e; \
	recent='import sys; sys.exit(sys.version_info < (3, 11))'; \
	if ! { $(BIN)/python -c "$$recent" && $(BIN)/python -m pip --version; } >/dev/null 2>&1; then \
		python=; \
		for candidate in $(or $(PYTHON),python3.11 python3 python3.12 python3.13 python3.14); do \
			if "$$candidate" -c "$$recent" >/dev/null 2>&1; then python=$$candidate; break; fi; \
		done; \
		if [ -z "$$python" ]; then \
			found=$$($(or $(PYTHON),python3) --version 2>/dev/null || echo none); \
			echo "Python 3.11 or newer is needed; $(or $(PYTHON),python3) is: $$found." >&2; \
			echo "Install it, or say where it is: make setup PYTHON=/path/to/python3.11" >&2; \
			exit 1; \
		fi; \
		if ! "$$python" -m venv --clear .venv; then \
			echo "$$python cannot make a virtual environment." >&2; \
			echo "On Debian and Ubuntu, install the package python3-venv." >&2; \
			exit 1; \
		fi; \
	fi; \
	if ! { $(BIN)/python -m pip install --quiet --disable-pip-version-check \
			--require-hashes --no-deps -r requirements/uv.txt && \
		$(BIN)/uv pip install --quiet --python $(BIN)/python \
			--require-hashes --no-deps -r requirements/dev.txt; }; then \
		echo "uv could not install the dependencies; pip will." >&2; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check \
			--require-hashes --no-deps -r requirements/dev.txt; \
	fi; \
	echo "$(CURDIR)/clients/python/src" \
		> "$$($(BIN)/python -c 'import site; print(site.getsitepackages()[0])')/backcheck.pth"; \
	printf '#!/bin/sh\nexec "$${0%%/*}/python" -m backcheck "$$@"\n' > $(BIN)/backcheck; \
	chmod +x $(BIN)/backcheck; \
	touch $(STAMP)
