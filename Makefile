# make demo: label and clean the pages of seeds/. make test: everything that a change must pass.
# make gate: the shipped model against the floors of models/floors.json, where the corpora are.

VENV := .venv
BIN := $(VENV)/bin
CORPORA ?= ../shared/corpora
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-engines test-faults lint check model clean test-browser test-load fuzz load audit robustness bench gate docs picture

demo: $(VENV)/.installed
	$(BIN)/denag demo seeds/*.html seeds/*.txt

test: $(VENV)/.installed-dev lint
	$(BIN)/pytest

# Ray, Spark (needs Java 17), datatrove, DuckDB, Polars, the neighbours of docs/recipes.md; the venv takes 1.9 GB
test-engines: $(VENV)/.installed-engines
	OMP_NUM_THREADS=1 $(BIN)/pytest tests/engines

# the review page in a real browser: needs Debian's chromium (apt-get install chromium), or CHROMIUM=/path/to/it
test-browser: $(VENV)/.installed-dev
	$(BIN)/pip install --quiet --editable '.[browser]'
	$(BIN)/pytest -m browser tests/browser

# the review server under 50 clients at once
test-load: $(VENV)/.installed-dev
	$(BIN)/pytest -m load tests/load

# kill runs at 200 moments and compare what they give in the end
test-faults: $(VENV)/.installed-dev
	$(BIN)/pytest tests/faults -m faults

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# reads and scores the test domains: 10 s of processor time; make test does not wait for it
gate: $(VENV)/.installed-dev
	$(BIN)/denag evaluate --corpora $(CORPORA) --gate models/floors.json

# the shipped model; CORPORA is the folder that labels/README.md describes
model: $(VENV)/.installed-dev
	$(BIN)/pip install --quiet --editable '.[train]'
	$(BIN)/denag train --corpora $(CORPORA) -o models/default

# each fuzzer runs for FUZZ_SECONDS; an input that breaks something is left in build/fuzz
FUZZ_SECONDS ?= 900
FUZZERS := html text readers artefact
fuzz: $(VENV)/.installed-dev
	$(BIN)/pip install --quiet atheris
	$(BIN)/python tests/fuzz/mutations.py 10000
	$(BIN)/python tests/fuzz/run.py $(FUZZ_SECONDS) $(FUZZERS)

# LOAD_GB gigabytes of JSON lines through denag clean under 1 GB of memory
LOAD_GB ?= 10
load: $(VENV)/.installed-dev
	$(BIN)/python tests/load/load.py $(LOAD_GB)

# known holes in the pinned dependencies; needs the network, and fails where a package could not be looked up
audit: $(VENV)/.installed-dev
	$(BIN)/pip install --quiet pip-audit
	$(BIN)/pip-audit --strict --no-deps --disable-pip -r constraints.txt

# F1 under noise in the words; CORPORA is the folder that labels/README.md describes
robustness: $(VENV)/.installed-dev
	$(BIN)/python -m training.robustness --corpora $(CORPORA) --split test

# speed, memory and accuracy beside other libraries, about 25 minutes on a quiet machine; BENCH: sections, --quick
bench: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks --corpora $(CORPORA) $(BENCH)

# the documentation as a site, in build/docs; every warning is an error, here and in make test
docs: $(VENV)/.installed-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# docs/before-after.svg, which a test holds to the shipped model
picture: $(VENV)/.installed
	$(BIN)/denag clean seeds/canal-archive.en.html --diff --svg docs/before-after.svg

clean:
	rm -rf $(VENV) build dist *.egg-info

$(VENV)/bin/python:
	python3 -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

$(VENV)/.installed-engines: $(VENV)/.installed-dev
	$(BIN)/pip install --quiet --editable '.[dev,engines]'

$(VENV)/.installed-bench: $(VENV)/.installed benchmarks/constraints.txt
	PIP_CONSTRAINT= $(BIN)/pip install --quiet --no-deps --requirement benchmarks/constraints.txt
	touch $@
