# Every task of the project. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo

# Compiled imports are kept: without them every process compiles its imports again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test lint format docs bench model clean

help:  ## List the tasks
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.core: pyproject.toml constraints.txt overrides.txt scripts/install.sh
	@scripts/install.sh $(VENV) core

$(VENV)/.dev: pyproject.toml constraints.txt overrides.txt scripts/install.sh
	@scripts/install.sh $(VENV) dev

demo: $(VENV)/.core  ## Set up, and take a real clip from video to subtitles
	@mkdir -p $(DEMO)
	@$(BIN)/caption-boundaries extract examples/big_buck_bunny_en.mp4 \
	    --data $(DEMO)/data --output $(DEMO)/big_buck_bunny_en.srt

test: $(VENV)/.dev  ## Set up, and run all tests with coverage
	@scripts/install-system.sh
	$(BIN)/pytest -n 2 --cov --cov-report= $(PYTEST_ARGS)
	$(BIN)/coverage report --fail-under=90
	$(BIN)/coverage report --fail-under=100 --include='src/caption_boundaries/database/*,src/caption_boundaries/migration/*'

lint: $(VENV)/.dev  ## Check style, types, imports, dependencies and spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry src
	$(BIN)/codespell src tests docs benchmarks examples scripts README.md CONTRIBUTING.md CHANGELOG.md

format: $(VENV)/.dev  ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.dev  ## Build the documentation into site/
	$(BIN)/python scripts/update-schema-docs.py
	$(BIN)/python scripts/update-key-docs.py
	$(BIN)/mkdocs build --strict

bench: $(VENV)/.dev  ## Measure everything, store the figures and write their page (BENCH_ARGS=--quick: minutes)
	$(BIN)/python benchmarks/run_all.py $(BENCH_ARGS)

model: $(VENV)/.dev  ## Make the boundary model from scratch (MODEL_ARGS=--small: minutes)
	@scripts/install-system.sh
	$(BIN)/python scripts/make-model.py $(MODEL_ARGS)

clean:  ## Remove what the commands made, but not the environment
	rm -rf $(DEMO) site build dist htmlcov .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis
