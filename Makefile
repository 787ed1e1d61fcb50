# Draws the figures and runs the tests with the versions that the lock files pin.

PYTHON ?= python3
CORES ?= all
FIGURES ?=
WORKERS ?= auto

export PATH := $(CURDIR)/.venv/bin:$(PATH)

# The interpreter behind $(PYTHON), also when that is a virtual environment's; empty if unsuitable.
suitable = import sys; (3, 11) <= sys.version_info < (3, 14) and print(sys._base_executable)
interpreter = $(shell $(PYTHON) -c '$(suitable)' 2>/dev/null)
install = .venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes

.SILENT:
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: figures test lint pytest coverage mutants bench clean help

figures: .venv/.requirements ## draw the figures (default); FIGURES="…" for some, CORES=n for fewer cores
	.venv/bin/snakemake --cores $(CORES) --workflow-profile workflow/profiles/default $(FIGURES)

test: lint pytest ## check the code, then run the tests

lint: .venv/.requirements-test ## check style, types and the workflow
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/snakefmt --check Snakefile workflow
	.venv/bin/snakemake --lint
	.venv/bin/mypy

pytest: .venv/.requirements-test ## run the tests; WORKERS=n for n at a time
	OMP_NUM_THREADS=1 .venv/bin/pytest -n $(WORKERS) --dist loadfile

coverage: .venv/.requirements-test ## run the tests and count what they reach; fails below 95 % of branches
	OMP_NUM_THREADS=1 .venv/bin/pytest -n $(WORKERS) --dist loadfile --cov

mutants: .venv/.requirements-test ## change the core and see whether its tests notice, about an hour; MODULES="…" for some
	OMP_NUM_THREADS=1 .venv/bin/python tests/mutants.py $(MODULES)

bench: .venv/.requirements ## time the search beside a naive one, about ten minutes
	mkdir -p results
	OMP_NUM_THREADS=1 PYTHONPATH=src .venv/bin/python benchmarks/run.py

clean: ## remove everything that the pipeline made; .venv stays
	rm -rf results/* figures/* logs data/*.csv

help: ## list the targets
	awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

.venv/.requirements: requirements.txt
	$(if $(interpreter),,$(error Python 3.11, 3.12 or 3.13 is needed, and $(PYTHON) is not one: try "make PYTHON=python3.13"))
	echo "Installing the pinned requirements into .venv (about a minute) …"
	"$(interpreter)" -m venv --clear .venv
	$(install) -r requirements.txt
	touch $@

.venv/.requirements-test: requirements-test.txt .venv/.requirements
	echo "Installing the pinned test tools into .venv …"
	$(install) -r requirements-test.txt
	touch $@
