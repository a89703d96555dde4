# make demo    train networks on real data and draw what they do, into out/
# make test    every check: style, types, examples, unit and property tests, notebooks, on both engines
# make coverage   show which lines of the plain engine and of nn the tests reach
# make bench   speed against other engines, into out/        make soak    the long tests
# make bench-peers   install the peers of the benchmark into .venv-peers: NumPy, scikit-learn, JAX, PyTorch
# make bench-check   report what is slower than the figures in tests/benchmarks/check.json; ACCEPT=1 accepts new ones
# make sanitize   the compiled engine's tests under the sanitizers of the C compiler
# make notebooks  open the course in JupyterLab              make site    the course and the reference as web pages
# make clean   remove what these made

PYTHON ?= python3
VENV := $(CURDIR)/.venv
# More of what pyproject.toml calls optional, for the tests that use it: make test EXTRAS=,jax
EXTRAS ?=
BIN := $(VENV)/bin
ENGINE := pyproject.toml setup.py $(shell $(PYTHON) autograd/native/sources.py)
SAY_ENGINE := 'import autograd; print("Engine:", "compiled." if autograd.backend == "native" else \
  "plain Python, about twenty times slower. If GLASSGRAD_PURE did not ask for that, it could not be compiled; most often \
a C compiler is missing (Debian: apt-get install gcc python3-dev, then: make clean). The reason is among what \
$(BIN)/python -m pip install -v -e . prints.")'

# Everything that is made stays inside the checkout, including the tools' caches and settings.
export PIP_CACHE_DIR := $(VENV)/cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export XDG_CACHE_HOME := $(VENV)/cache
export XDG_CONFIG_HOME := $(VENV)/config
export XDG_DATA_HOME := $(VENV)/data
export MPLCONFIGDIR := $(VENV)/config/matplotlib
export IPYTHONDIR := $(VENV)/config/ipython
export JUPYTER_CONFIG_DIR := $(VENV)/config/jupyter
export JUPYTER_DATA_DIR := $(VENV)/data/jupyter
export JUPYTER_RUNTIME_DIR := $(VENV)/data/jupyter/runtime

.PHONY: demo test coverage bench bench-peers bench-check sanitize soak notebooks site clean

demo: $(VENV)/ready-to-run
	@$(BIN)/python -m nn --out out

# What these test does not depend on the engine (networks, the check of derivatives, graphs of recordings, pages,
# drawings, code for other libraries, programs, notebooks, messages, imports), or is there to try the compiled one
# (memory).
SAME_ON_BOTH := $(addprefix --ignore=tests/,nn check view matrices soak engine/test_memory.py \
  replay/test_expand.py replay/test_derive.py replay/test_unrolled.py test_architecture.py test_benchmarks.py \
  test_conftest.py test_example_programs.py test_newcomers.py test_notebooks.py test_readme.py test_scipy.py test_site.py)

test: $(VENV)/ready-to-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	GLASSGRAD_PURE=1 $(BIN)/python -m pytest -n 2 $(SAME_ON_BOTH)
	$(BIN)/python -m pytest -n 2 --dist loadgroup

# Tests that measure memory may fail while they are traced; the report is made all the same.
coverage: $(VENV)/ready-to-test
	rm -rf build/coverage && mkdir -p build/coverage
	-GLASSGRAD_PURE=1 $(BIN)/python -m coverage run --rcfile=tests/coverage.ini -m pytest -n 2 \
	  --ignore=tests/soak --ignore=tests/test_notebooks.py --ignore=tests/test_site.py
	$(BIN)/python -m coverage combine --rcfile=tests/coverage.ini --quiet
	$(BIN)/python -m coverage report --rcfile=tests/coverage.ini

bench: $(VENV)/ready-to-test
	@$(BIN)/python -m tests.benchmarks

# The peers have an environment of their own, so that no test depends on them. TORCH names a build of PyTorch, such as
# one without code for graphics processors: make bench-peers TORCH='torch==2.13.0+cpu'
PEERS := $(CURDIR)/.venv-peers
TORCH ?= torch
bench-peers: $(VENV)/bin/python
	@test -x $(PEERS)/bin/python || $(BIN)/python -m venv $(PEERS)
	@for peer in numpy scikit-learn jax '$(TORCH)'; do echo "Installing $$peer into .venv-peers ..."; \
	  $(PEERS)/bin/python -m pip install -q "$$peer" || echo "$$peer could not be installed: make bench leaves it out."; done

bench-check: $(VENV)/ready-to-test
	@$(BIN)/python -m tests.benchmarks.check $(if $(ACCEPT),--accept)

sanitize: $(VENV)/ready-to-test
	@$(BIN)/python tests/sanitize.py

soak: $(VENV)/ready-to-test
	GLASSGRAD_SOAK=$${GLASSGRAD_SOAK:-1} $(BIN)/python -m pytest -n auto tests/soak tests/replay/test_replay.py tests/replay/test_programs.py tests/replay/test_sizes.py tests/engine/test_interrupts.py \
	  tests/engine/test_flats.py tests/nn/test_nn_flats.py tests/table/test_rules.py tests/check/test_gradcheck.py \
	  tests/matrices tests/view

notebooks: $(VENV)/ready-to-test
	$(BIN)/jupyter lab notebooks

site: $(VENV)/ready-to-test
	@$(BIN)/python notebooks/website

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, $$($(PYTHON) --version) was found. Name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Python's venv module is needed; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

# Python compiles a module when it is first imported; most of what comes with the packages never is.
$(VENV)/ready-to-run: $(VENV)/bin/python $(ENGINE)
	@echo "Installing into .venv (this is quick the next time) ..."
	@$(BIN)/python -m pip install -q --no-compile -e '.[draw,nn]'
	@$(BIN)/python -c $(SAY_ENGINE)
	@touch $@

$(VENV)/ready-to-test: $(VENV)/bin/python $(ENGINE)
	@echo "Installing into .venv, with what the tests use (this is quick the next time) ..."
	@$(BIN)/python -m pip install -q --no-compile -e '.[test$(EXTRAS)]'
	@$(BIN)/python -c $(SAY_ENGINE)
	@touch $@ $(VENV)/ready-to-run

clean:
	rm -rf .venv .venv-peers build dist out *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis autograd/native/_engine*.so
