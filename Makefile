# make demo: label and clean the pages of seeds/. make test: everything that a change must pass.

VENV := .venv
BIN := $(VENV)/bin
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

CORPORA ?= ../shared/corpora

.PHONY: demo test lint check model bench clean

demo: $(VENV)/.installed
	$(BIN)/denag demo seeds/*.html seeds/*.txt

test: $(VENV)/.installed-dev lint
	$(BIN)/pytest

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# the shipped model; CORPORA is the folder that labels/README.md describes
model: $(VENV)/.installed-dev
	$(BIN)/denag train --corpora $(CORPORA) -o models/default

# speed, memory and accuracy beside other libraries, about 25 minutes on a quiet machine; BENCH: sections, --quick
bench: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks --corpora $(CORPORA) $(BENCH)

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

$(VENV)/.installed-bench: $(VENV)/.installed benchmarks/constraints.txt
	PIP_CONSTRAINT= $(BIN)/pip install --quiet --no-deps --requirement benchmarks/constraints.txt
	touch $@
