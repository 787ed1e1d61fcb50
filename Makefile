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

ifeq ($(OS),Windows_NT)
$(error This runs on Linux, macOS and WSL, not on Windows itself: install WSL and run make there)
endif

# The interpreter behind $(PYTHON), also when that is a virtual environment's; empty if unsuitable.
suitable = import sys; (3, 11) <= sys.version_info < (3, 14) and print(sys._base_executable)
interpreter = $(shell "$(PYTHON)" -c '$(suitable)' 2>/dev/null)

# Lock files are complete, so nothing is resolved. uv takes half of pip's time; where it is not to
# be had, or can't reach the packages (of pip's settings it is told the index alone), pip does it.
pip = .venv/bin/python -m pip --disable-pip-version-check
locked = install -q --no-deps --require-hashes
index = $$($(pip) config list | sed -n "s/^[a-z:]*\.index-url='\(.*\)'$$/\1/p" | head -n 1)
uv = UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$(index)}" .venv/bin/uv pip
define install
$(uv) $(locked) --python .venv/bin/python --system-certs --compile-bytecode -r $(1) 2>>.venv/uv.log || \
	{ echo "… by pip, which takes longer; .venv/uv.log says why not by uv"; $(pip) $(locked) -q -r $(1); }
checked=$$($(pip) check) || \
	{ echo "$$checked"; echo "After $(1) the packages in .venv don't fit: delete .venv, then run make again"; exit 1; }
touch $@
endef

.SILENT:
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: figures report docs test lint pytest test-long test-kill test-slurm coverage mutants linkcheck gallery gallery-check pictures bench clean help

# On a cluster --cores would limit what all its jobs use together.
on_slurm = $(filter slurm,$(PROFILE))
cores = $(if $(on_slurm),,--cores $(CORES))
overlay = $(if $(CONFIG),--configfile "$(CONFIG)")
snakemake = .venv/bin/python workflow/launch.py
# A folder of its own for all that is written; downloads are shared.
into = $(if $(OUT),--directory "$(OUT)")
ifdef OUT
export EMPIRICAL_FISHER_CACHE ?= $(CURDIR)/data/cache
endif

figures: .venv/.requirements $(if $(on_slurm),.venv/.requirements-slurm) ## draw the figures (default); FIGURES="…" for some, CONFIG=… for a file laid over config.yaml, OUT=… for an output folder of its own, CORES=n for fewer cores, PROFILE=slurm on a cluster
	$(snakemake) $(cores) --workflow-profile workflow/profiles/$(PROFILE) $(into) $(FIGURES) $(overlay)

report: FIGURES := $(or $(FIGURES),all explore)
report: figures ## draw everything, or FIGURES="…", and write two pages that need nothing else: results/report.html to read, results/explore.html to play with
	$(snakemake) --reporter page $(into) $(FIGURES) $(overlay)
	echo "Open $(if $(OUT),$(OUT)/)results/report.html$(if $(filter explore,$(FIGURES)), and $(if $(OUT),$(OUT)/)results/explore.html)"

test: lint pytest ## check the code, then run the tests

lint: .venv/.requirements-test ## check style, types and the workflow
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/snakefmt --check Snakefile workflow
	.venv/bin/snakemake --lint
	.venv/bin/mypy

pytest: .venv/.requirements-test ## run the tests; WORKERS=n for n at a time
	OMP_NUM_THREADS=1 .venv/bin/pytest -n $(WORKERS) --dist loadfile

test-long: .venv/.requirements-test ## run the long tests, which "make test" leaves out
	OMP_NUM_THREADS=1 .venv/bin/pytest -n $(WORKERS) --dist loadfile -m long

test-kill: .venv/.requirements-test ## kill runs at random moments and resume them; MOMENTS=n for how many
	OMP_NUM_THREADS=1 MOMENTS=$(MOMENTS) .venv/bin/pytest tests/test_survival.py -m long -k any_moment -rP

test-slurm: .venv/.requirements-test .venv/.requirements-slurm ## run a part on a Slurm of this machine's own (as root; installs Debian packages)
	OMP_NUM_THREADS=1 tests/slurm/cluster .venv/bin/pytest tests/slurm/on_slurm.py

coverage: .venv/.requirements-test ## run all tests and count what they reach; fails below 95 % of branches
	OMP_NUM_THREADS=1 .venv/bin/pytest -n $(WORKERS) --dist loadfile -m "" --cov

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

gallery: figures ## keep figures and ledger as made last in docs, and count the claims where pages do
	.venv/bin/python docs/keep_results.py

gallery-check: figures ## make everything; fails if what "make gallery" keeps is not what was made
	.venv/bin/python docs/keep_results.py --check

pictures: report .venv/.requirements-test ## keep in docs/pictures how the pages look, wide and narrow, light and dark
	PYTHONPATH=tests .venv/bin/python docs/photograph_pages.py

clean: ## remove what the pipeline wrote, OUT=… in that folder; downloads and files of your own stay
	"$(PYTHON)" workflow/clean.py "$(or $(OUT),.)"

help: ## list the targets
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

# The file .made-here marks a .venv that is make's own from the beginning; no other is touched.
.venv/.requirements: requirements.txt requirements-uv.txt
	$(if $(interpreter),,$(error Python 3.11, 3.12 or 3.13 is needed, and $(PYTHON) is not one: try "make PYTHON=python3.13"))
	$(if $(wildcard .venv),$(if $(wildcard .venv/.made-here $@),,$(error .venv is here already, and make did not make it: move or delete it, then run make again)))
	echo "Installing the pinned requirements into .venv (a quarter of a minute) …"
	mkdir -p .venv && touch .venv/.made-here
	find .venv -mindepth 1 -maxdepth 1 ! -name .made-here -exec rm -rf {} +
	"$(interpreter)" -m venv .venv
	$(pip) $(locked) -q --only-binary :all: -r requirements-uv.txt 2>.venv/uv.log || true
	$(call install,requirements.txt)

.venv/.requirements-test: requirements-test.txt .venv/.requirements
	echo "Installing the pinned test tools into .venv …"
	$(call install,$<)

.venv/.requirements-slurm: requirements-slurm.txt .venv/.requirements
	echo "Installing the pinned Slurm executor into .venv …"
	$(call install,$<)

.venv/.requirements-docs: requirements-docs.txt .venv/.requirements
	echo "Installing what builds the documentation into .venv …"
	$(call install,$<)
