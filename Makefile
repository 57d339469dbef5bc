# The two commands of the README; both install into .venv first.
PYTHON ?= python3
BIN := .venv/bin
# Workers of the suite and of the demo run side by side: one torch thread each, and
# idle ones must not spin.
export OMP_WAIT_POLICY = PASSIVE
# Python compiles what is imported; to compile all of torch takes a minute.
export PIP_NO_COMPILE = 1
# Each worker has half of the files, so that neighbours share imports and fits.
WORKERS := -n 2 --dist worksteal
# The torch of `make test-lowest` and `make test-newest`, as others may pull gigabytes.
TORCH ?= $(shell grep ^torch== constraints.txt)
TESTS ?= # of `make check-dist`, `coverage`, `test-lowest` and `test-newest`: the paths
OUTSIDE := $(or $(TMPDIR),/tmp)/skseq-dist-$(shell id -u)

.PHONY: demo docs check-docs examples test lint format coverage dist check-dist clean
.PHONY: test-lowest test-newest audit results sbom

demo: .venv/installed
	$(BIN)/python examples/compare_networks.py demo

examples: .venv/installed
	for program in examples/*.py examples/lectures/*.py; do \
		MPLBACKEND=agg $(BIN)/python $$program || exit 1; done

docs: .venv/installed-docs
	OMP_NUM_THREADS=1 $(BIN)/sphinx-build --fail-on-warning --keep-going --nitpicky \
		-d docs/_build/doctrees docs docs/_build/html

# The site as Chromium shows it: the system's, or that of `playwright install chromium`.
check-docs: docs .venv/installed-browser
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 tests/test_site.py

test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(WORKERS)

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

coverage: .venv/installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(WORKERS) --cov=skseq $(TESTS)

dist: .venv/installed-dev
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*

# The wheel, in an environment of its own, against the tests of the sdist.
check-dist: dist
	rm -rf $(OUTSIDE)
	$(PYTHON) -m venv $(OUTSIDE)/venv
	$(OUTSIDE)/venv/bin/python -m pip install --quiet --constraint constraints.txt \
		"$$(echo dist/*.whl)[tests]"
	tar --extract --file dist/*.tar.gz --directory $(OUTSIDE) --strip-components 1
	rm -r $(OUTSIDE)/skseq $(OUTSIDE)/skseq.egg-info
	cd $(OUTSIDE) && OMP_NUM_THREADS=1 venv/bin/python -m pytest $(WORKERS) $(or $(TESTS),tests)

test-lowest test-newest: test-%: build/%/installed
	OMP_NUM_THREADS=1 build/$*/bin/python -m pytest $(WORKERS) $(TESTS)

# What is pinned against lists of known vulnerabilities, and the workflows.
audit: build/tools/installed
	build/tools/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict
	build/tools/bin/zizmor --offline .github

# What the wheel needs, as `make check-dist` has just tested it.
sbom: build/tools/installed
	build/tools/bin/cyclonedx-py environment --pyproject pyproject.toml \
		--output-reproducible --output-file build/skseq.cdx.json $(OUTSIDE)/venv

# What every estimator answers now, for tests to compare with later.
results: .venv/installed
	OMP_NUM_THREADS=1 $(BIN)/python tests/results.py

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv/installed: pyproject.toml constraints.txt setup.py $(wildcard skseq/networks/_kernels/*.[ch])
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[tests]"
	touch $@

.venv/installed-docs: .venv/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[docs]"
	touch $@

.venv/installed-browser: .venv/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[browser]"
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

build/lowest/installed: pyproject.toml constraints-lowest.txt
	$(PYTHON) -m venv --clear build/lowest
	build/lowest/bin/python -m pip install --quiet $(TORCH)
	build/lowest/bin/python -m pip install --quiet \
		--constraint constraints-lowest.txt --editable ".[tests]"
	touch $@

build/newest/installed: pyproject.toml
	$(PYTHON) -m venv --clear build/newest
	build/newest/bin/python -m pip install --quiet $(TORCH)
	build/newest/bin/python -m pip install --quiet --editable ".[tests]"
	touch $@

build/tools/installed: constraints.txt
	$(PYTHON) -m venv --clear build/tools
	build/tools/bin/python -m pip install --quiet --constraint constraints.txt \
		cyclonedx-bom pip-audit zizmor
	touch $@

clean:
	rm -rf .venv build dist demo examples/demo *.egg-info
	rm -rf docs/_build docs/gallery docs/generated skseq/networks/_kernels/*.so
