# `make run` and `make test` set up everything they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# The app needs neither llava nor llama.cpp's common library; leaving them out saves a minute of compiling.
export CMAKE_ARGS ?= -DLLAVA_BUILD=OFF -DLLAMA_BUILD_COMMON=OFF

.PHONY: run test loop bench lint format clean

run: $(VENV)/.app
	@packaging/run-sample $(BIN)

test: $(VENV)/.dev
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest

# From annotations to a scored draft: fit, evaluate, export, cqa score --adapter.
loop: $(VENV)/.dev
	@packaging/run-loop $(BIN)

bench: $(VENV)/.bench
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.benchmarks

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Python 3.11 to 3.13 is needed, and $(PYTHON) is not: make PYTHON=python3.12" >&2; exit 2; }
	packaging/system-packages
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@touch $@

$(VENV)/.app: $(VENV)/.created pyproject.toml constraints.txt
	@echo "Installing the app; the first time, llama.cpp is compiled, which takes some minutes."
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.created pyproject.toml constraints.txt
	@echo "Installing the app, the trainer and the tools; the first time, llama.cpp is compiled, which takes some minutes."
	$(PIP) torch==2.13.0
	$(PIP) --editable '.[train,dev]'
	@touch $@

$(VENV)/.bench: $(VENV)/.dev
	$(PIP) --editable '.[bench]'
	@touch $@
