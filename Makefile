# make demo: label and clean the pages of seeds/. make test: everything that a change must pass.
# make gate: the shipped model against the floors of models/floors.json, where the corpora are.

VENV := .venv
BIN := $(VENV)/bin
CORPORA ?= ../shared/corpora
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint gate model clean

demo: $(VENV)/.installed
	$(BIN)/denag demo seeds/*.html seeds/*.txt

test: $(VENV)/.installed-dev lint
	$(BIN)/pytest

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
