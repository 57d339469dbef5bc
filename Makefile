# The two commands of the README; both install into .venv first.
PYTHON ?= python3
BIN := .venv/bin
# Workers of the suite and of the demo run side by side: one torch thread each, and
# idle ones must not spin.
export OMP_WAIT_POLICY = PASSIVE

.PHONY: demo docs examples test lint format clean

demo: .venv/installed
	$(BIN)/python examples/compare_networks.py demo

examples: .venv/installed
	for program in examples/*.py; do $(BIN)/python $$program || exit 1; done

docs: .venv/installed-docs
	OMP_NUM_THREADS=1 $(BIN)/sphinx-build --fail-on-warning --keep-going --nitpicky \
		-d docs/_build/doctrees docs docs/_build/html

test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[tests]"
	touch $@

.venv/installed-docs: .venv/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[docs]"
	touch $@

clean:
	rm -rf .venv build dist demo examples/demo *.egg-info
	rm -rf docs/_build docs/gallery docs/generated
