# Everything is set up in .venv (PyTorch, for comparisons, in .venv-oracle); nothing is installed elsewhere.
# A stamp file in an environment says what was done, so that it is done again only when its sources change.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
ORACLE := .venv-oracle/bin
RUST := $(shell find crates -name '*.rs' -o -name Cargo.toml) Cargo.toml Cargo.lock
SOURCES := $(shell find python -name '*.py')
WHEEL := dist/.wheel
BENCH := target/bench-site

unexport PYTHONPATH VIRTUAL_ENV CONDA_PREFIX PYTHONHOME

.PHONY: help demo test dev check memcheck oracle bench docs wheel

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: .venv/.built ## train a network on handwritten digits and write a report with pictures
	$(BIN)/rushlight train digits --model cnn --out runs/digits

test: .venv/.built ## Rust tests, Python tests, executed docstrings and Markdown
	cargo test --quiet --workspace --exclude rushlight-python
	$(BIN)/python -m pytest tests --ignore tests/oracle

dev: .venv/.built ## build the engine into .venv (again only after a change)
	@echo "ready: $(BIN)/python, $(BIN)/rushlight"

check: .venv/.built ## formatting, lints, a bounded run of mutated image files, forbidden words, stubs, the tiny tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	cargo fmt --check
	cargo clippy --quiet --workspace --all-targets -- -D warnings
	RUSHLIGHT_FUZZ_SECONDS=20 cargo test --quiet -p rushlight-image --test fuzz
	$(BIN)/python -m tools.words
	$(BIN)/python -m tools.stubs --check
	$(BIN)/python -m pytest tests/test_tiny.py

# Valgrind computes with denormals, so that the test of their flushing cannot pass under it.
memcheck: ## Rust tests under valgrind, which sees accesses beside memory and uses of what was never written
	RUSHLIGHT_SIMD=avx2 CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="valgrind -q --error-exitcode=9 --fair-sched=yes" \
		cargo test -p rushlight-kernels -p rushlight-linalg -p rushlight-core -p rushlight-image --tests -- --test-threads=1 --skip flushes_denormals

oracle: .venv-oracle/.ready .venv/.built ## compare with PyTorch: operators, modules, optimizers, random streams, programs
	$(ORACLE)/python -m tools.oracle
	RUSHLIGHT_ORACLE=1 $(ORACLE)/python -m pytest tests/oracle

bench: .venv-oracle/.ready .venv-bench/.ready $(BENCH)/.ready ## time against PyTorch and image packages, in turn; writes docs/benchmarks.md and the tables of the README
	PYTHONPATH=$(BENCH) $(ORACLE)/python -m benchmarks
	PYTHONPATH=$(BENCH) .venv-bench/bin/python -m benchmarks.image

docs: .venv/.docs .venv/.built ## build the documentation into site/
	$(BIN)/python -m tools.reference
	$(BIN)/mkdocs build --quiet

wheel: $(WHEEL) ## build the wheel that ships into dist/
	@ls -l dist/*.whl

.venv/bin/python:
	@command -v cargo >/dev/null || { echo "cargo is missing: install stable Rust from https://rustup.rs" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) --version 2>&1): make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.requirements: requirements/dev.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.venv/.built: .venv/.requirements pyproject.toml $(RUST)
	PIP_QUIET=1 VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/maturin develop --quiet --profile dev
	@touch $@

.venv/.docs: requirements/docs.txt .venv/.requirements
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# The comparisons import the package from python/, where `maturin develop` leaves the engine.
.venv-oracle/.ready: requirements/oracle.txt requirements/dev.txt | .venv/bin/python
	$(BIN)/python -m venv .venv-oracle
	$(ORACLE)/python -m pip install --quiet --disable-pip-version-check -r $<
	echo "$(CURDIR)/python" > "$$($(ORACLE)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/rushlight.pth"
	@touch $@

# The image packages that are only measured see PyTorch where it is installed already.
.venv-bench/.ready: requirements/bench-image.txt .venv-oracle/.ready
	$(BIN)/python -m venv .venv-bench
	$(ORACLE)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > "$$(.venv-bench/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/oracle.pth"
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

$(WHEEL): .venv/.requirements pyproject.toml README.md $(RUST) $(SOURCES)
	rm -rf dist
	$(BIN)/maturin build --quiet --profile dist --out dist
	@touch $@

$(BENCH)/.ready: $(WHEEL)
	rm -rf $(BENCH)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(BENCH) dist/*.whl
	@touch $@
