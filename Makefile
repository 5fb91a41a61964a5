# make demo: label and clean the pages of seeds/. make test: everything that a change must pass.

VENV := .venv
BIN := $(VENV)/bin
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-faults lint check model clean

demo: $(VENV)/.installed
	$(BIN)/denag demo seeds/*.html seeds/*.txt

test: $(VENV)/.installed-dev lint
	$(BIN)/pytest

# kill runs at 200 moments and compare what they give in the end
test-faults: $(VENV)/.installed-dev
	$(BIN)/pytest tests/faults -m faults

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# the shipped model; CORPORA is the folder that labels/README.md describes
model: $(VENV)/.installed-dev
	$(BIN)/denag train --corpora $(CORPORA) -o models/default

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
