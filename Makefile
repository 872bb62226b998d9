# make demo   designs fifty molecules with the shipped model and says where the report is
# make test   runs every check and test; .ci/run calls exactly this
#
# PyTorch comes first, in the version Sekkei is tested with. A plain `pip install torch` takes the newest release, which
# on Linux draws in several gigabytes of CUDA libraries; Sekkei's models are small and run on the CPU. To use another
# build, for a GPU or from PyTorch's CPU index, either
#   make demo VENV=path/to/venv                   with an environment of your own: a torch found there is kept
#   make demo TORCH="torch --index-url INDEX"     with whatever words pip should be given instead

PYTHON ?= python3
VENV ?= .venv
TORCH ?= torch==2.13.0

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALLED := $(VENV)/.sekkei-installed
INSTALLED_DEV := $(VENV)/.sekkei-installed-dev

.DELETE_ON_ERROR:
.PHONY: demo test

# The demo's folder is made afresh each time, so that it always shows a whole run.
demo: $(INSTALLED)
	rm -rf runs/demo
	$(BIN)/sekkei design molecules --target "logp=1.5±0.5" --target "mw=250±25" --target hbd=2 --target hba=3 \
		--target "esol>=-2.5" -n 50 --seed 0 --out runs/demo

test: $(INSTALLED_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Sekkei needs Python 3.11 or newer: make PYTHON=python3.11"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' \
		|| { echo "Python's venv module is missing: apt install python3-venv"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml | $(BIN)/python
	$(BIN)/python -c 'import torch' 2>/dev/null || $(PIP) install $(TORCH)
	$(PIP) install --editable .
	@touch $@

$(INSTALLED_DEV): $(INSTALLED)
	$(PIP) install --editable '.[dev]'
	@touch $@
