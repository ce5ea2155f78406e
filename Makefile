# kgraph: what a fresh machine needs is Python 3.11 or newer and make.
#   make serve    install into .venv, build this folder's site, serve it on http://localhost:8000/
#   make test     install what tests need and run all that this machine can run
PYTHON ?= python3
PORT ?= 8000
SITE ?= .
TESTS ?= tests
JOBS ?= auto
BIN := .venv/bin

.PHONY: help serve build test lint wheel test-wheel editor node-tests schemas docs constraints clean
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

help: ## list the targets
	@echo 'Targets of this Makefile:'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'
	@echo 'PORT=8000 is the port of "make serve"; SITE=folder is another site; TESTS=tests/test_x.py runs some tests.'

serve: .venv/installed editor ## install, build the site and serve it (PORT=8000, SITE=.)
	@$(BIN)/kgraph serve $(SITE) --port $(PORT)

build: .venv/installed ## install and build the site without serving it
	@$(BIN)/kgraph build $(SITE)

test: .venv/installed-test editor node-tests schemas ## run every test that this machine can run
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(TESTS)

lint: .venv/installed-test ## style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_layers.py

wheel: .venv/installed-test editor ## build the wheel and the source archive into dist/
	@$(BIN)/python -m build

test-wheel: .venv/installed-test editor node-tests schemas ## run the tests against the built wheel in an environment of its own
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python scripts/test_wheel.py -n $(JOBS) --dist loadfile $(TESTS)

editor: .venv/installed ## fetch the query editor (without it the plain form is served)
	@$(BIN)/python assets/fetch.py editor

node-tests: .venv/installed ## fetch the clients and checkers that some tests run with node
	@$(BIN)/python assets/fetch.py node-tests

schemas: .venv/installed ## fetch the schemas that some tests validate with
	@$(BIN)/python assets/fetch.py schemas

docs: .venv/installed-test ## write the generated parts of docs/ again
	@$(BIN)/python scripts/reference.py

constraints: ## pin what a fresh installation gets today
	@sh scripts/environment.sh $(PYTHON) --pin

clean: ## remove what make and kgraph made here, .venv and .kgraph included
	@rm -rf .venv .kgraph build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/node/node_modules tests/schemas \
	  assets/editor/node_modules src/kgraph/web/static/editor src/kgraph.egg-info
	@find src tests scripts assets -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: pyproject.toml constraints.txt
	@sh scripts/environment.sh $(PYTHON)

.venv/installed-test: pyproject.toml constraints.txt
	@sh scripts/environment.sh $(PYTHON) --test

.DEFAULT:
	@echo "make: there is no target '$@' here; 'make help' lists them." >&2; exit 2
