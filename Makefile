# `make run` and `make test` are all that a fresh machine needs: Python 3.11 or newer, and make.

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
# Two processes, each with servers of its own: most of the time is spent on waiting for them.
PARALLEL ?= -n 2 --dist loadfile

.PHONY: run test check format schemas bench lock clean

run: .venv/installed  ## the demo on the embedded stack; ARGS="--events 20000 --seed 7"
	$(BIN)/portrait demo $(ARGS)

test: .venv/installed  ## every test; what a machine cannot run is skipped with its reason
	$(BIN)/pytest $(PARALLEL) $(ARGS)

check: .venv/installed  ## format, lint, types, import rules, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/portrait schemas --check

format: .venv/installed  ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schemas: .venv/installed  ## generate schemas/ from the structs
	$(BIN)/portrait schemas

bench: .venv/installed  ## throughput against a stock Faust agent, cost of labels, size of the state
	$(BIN)/python -m bench.throughput $(ARGS)
	$(BIN)/python -m bench.labels $(ARGS)
	$(BIN)/python -m bench.state_size

lock: .venv/installed  ## pin the newest versions within the ranges of pyproject.toml
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --upgrade --quiet -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra embedded --group dev --universal \
		--python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade --quiet \
		-c requirements.lock -o requirements-dev.lock

.venv/installed: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

clean:  ## remove what make made
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache
