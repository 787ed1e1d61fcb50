# Draws the figures and runs the tests with the versions that the lock files pin.

PYTHON ?= python3
CORES ?= all
PROFILE ?= default
FIGURES ?=
CONFIG ?=
OUT ?=
WORKERS ?= auto
MOMENTS ?= 30

export PATH := $(CURDIR)/.venv/bin:$(PATH)

# The interpreter behind $(PYTHON), also when that is a virtual environment's; empty if unsuitable.
suitable = import sys; (3, 11) <= sys.version_info < (3, 14) and print(sys._base_executable)
interpreter = $(shell $(PYTHON) -c '$(suitable)' 2>/dev/null)
install = .venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes

.SILENT:
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: figures report docs test lint pytest test-kill test-slurm coverage mutants linkcheck gallery bench clean help

# On a cluster --cores would limit what all its jobs use together.
on_slurm = $(filter slurm,$(PROFILE))
cores = $(if $(on_slurm),,--cores $(CORES))
overlay = $(if $(CONFIG),--configfile $(CONFIG))
# A folder of its own for all that is written; downloads are shared.
into = $(if $(OUT),--directory "$(OUT)")
ifdef OUT
export EMPIRICAL_FISHER_CACHE ?= $(CURDIR)/data/cache
endif

figures: .venv/.requirements $(if $(on_slurm),.venv/.requirements-slurm) ## draw the figures (default); FIGURES="…" for some, CONFIG=… for a file laid over config.yaml, OUT=… for an output folder of its own, CORES=n for fewer cores, PROFILE=slurm on a cluster
	.venv/bin/snakemake $(cores) --workflow-profile workflow/profiles/$(PROFILE) $(into) $(FIGURES) $(overlay)

report: figures ## draw everything, or FIGURES="…", and write results/report.html, a page that needs nothing else
	PYTHONPATH=workflow/report .venv/bin/snakemake --reporter page $(into) $(FIGURES) $(overlay)
	echo "Open $(if $(OUT),$(OUT)/)results/report.html"

test: lint pytest ## check the code, then run the tests

lint: .venv/.requirements-test ## check style, types and the workflow
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/snakefmt --check Snakefile workflow
	.venv/bin/snakemake --lint
	.venv/bin/mypy

pytest: .venv/.requirements-test ## run the tests; WORKERS=n for n at a time
	OMP_NUM_THREADS=1 .venv/bin/pytest -n $(WORKERS) --dist loadfile

test-kill: .venv/.requirements-test ## kill runs at random moments and resume them; MOMENTS=n for how many
	OMP_NUM_THREADS=1 MOMENTS=$(MOMENTS) .venv/bin/pytest tests/test_survival.py -k any_moment -rP

test-slurm: .venv/.requirements-test .venv/.requirements-slurm ## run a part on a Slurm of this machine's own (as root; installs Debian packages)
	OMP_NUM_THREADS=1 tests/slurm/cluster .venv/bin/pytest tests/slurm/on_slurm.py

coverage: .venv/.requirements-test ## run the tests and count what they reach; fails below 95 % of branches
	OMP_NUM_THREADS=1 .venv/bin/pytest -n $(WORKERS) --dist loadfile --cov

mutants: .venv/.requirements-test ## change the core and see whether its tests notice, about an hour; MODULES="…" for some
	OMP_NUM_THREADS=1 .venv/bin/python tests/mutants.py $(MODULES)

bench: .venv/.requirements ## time the search beside a naive one, about ten minutes
	mkdir -p results
	OMP_NUM_THREADS=1 PYTHONPATH=src .venv/bin/python benchmarks/run.py

docs: .venv/.requirements-docs ## build the documentation: docs/_build/html/index.html
	rm -rf docs/_build
	.venv/bin/sphinx-build -q -W -d docs/_build/doctrees docs docs/_build/html
	.venv/bin/python docs/check_links.py docs/_build/html

linkcheck: .venv/.requirements-docs ## check the documentation's links to other sites
	.venv/bin/sphinx-build -q -b linkcheck docs docs/_build/linkcheck

gallery: .venv/.requirements ## keep the figures as drawn last in docs/figures
	.venv/bin/python docs/keep_figures.py

clean: ## remove what the pipeline wrote, OUT=… in that folder; downloads and files of your own stay
	$(PYTHON) workflow/clean.py "$(or $(OUT),.)"

help: ## list the targets
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

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

.venv/.requirements-slurm: requirements-slurm.txt .venv/.requirements
	echo "Installing the pinned Slurm executor into .venv …"
	$(install) -r requirements-slurm.txt
	touch $@

.venv/.requirements-docs: requirements-docs.txt .venv/.requirements
	echo "Installing what builds the documentation into .venv …"
	$(install) -r requirements-docs.txt
	touch $@
