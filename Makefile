# Every need is one command. `make` alone lists them. Environments are made on first use and again
# when their requirements change; nothing has to be installed before but Python 3.10+ and make.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DELETE_ON_ERROR:
.NOTPARALLEL:

# Where this is set, each of the thousand processes that the tests start compiles the package anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
PORT ?= 6006
MINUTES ?= 5
# More than two processors: tests wait for pages, processes and time limits.
WORKERS ?= 3
MATRIX := $(patsubst requirements/matrix-%.txt,%,$(wildcard requirements/matrix-*.txt))

PY := .venv/bin/python
TF := .venv-tf/bin/python
PYTEST := $(PY) -m pytest --no-header
PIP_FLAGS := -qq --disable-pip-version-check
PACKAGING := setup.py pyproject.toml tensorboard_plugin_modelinspect/version.py \
	tensorboard_plugin_modelinspect/analyses/stats/_kernel.c
TYPED := setup.py tensorboard_plugin_modelinspect tools benchmarks demo
DEMO_LOGDIR := build/demo-logdir

# Which tests belong to which set.
NOT_QUICK := browser or corpus or slow or soak or tensorboard or tensorflow
REAL := (corpus or slow or tensorboard or tensorflow) and not browser
# $(call marked,name|name): the files with such tests, or with the marks of another file. To find
# them, pytest would import all others in each worker.
marked = $$(grep -rlE "pytest\.mark\.($(1))\b|\bpytestmark\b" tests --include='*.py' | sort)

say = @echo "==> $(1)"
# $(call or_stop,sentence): ends a command line; says the sentence where the command failed.
or_stop = || { code=$$?; echo "make: $(strip $(1))" >&2; exit $$code; }

# Finds or installs a browser, then names it to the command that follows.
with_chromium = chromium="$$($(PY) -m tools.ensure_chromium)"; \
	  export MODELINSPECT_CHROMIUM="$$chromium" CHROMIUM="$$chromium";
with_demo = $(with_chromium) export MODELINSPECT_DEMO_LOGDIR="$(abspath $(DEMO_LOGDIR))" \
	  MODELINSPECT_TF_PYTHON="$(abspath $(TF))";

.PHONY: help
help: ## List these commands.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  Variables: PYTHON=$(PYTHON) (makes the environments), PORT=$(PORT) (of the demo), MINUTES=$(MINUTES) (of fuzz),"
	@echo "  WORKERS=$(WORKERS) (of the tests), MODELINSPECT_CORPUS (folder of real models to test with), MODELINSPECT_CHROMIUM."

# Use ----------------------------------------------------------------------------------------------

.PHONY: demo
demo: demo-logdir ## Train the demo models once and open TensorBoard on them.
	$(call say,TensorBoard: http://localhost:$(PORT)/#modelinspect   (Ctrl+C stops it))
	@TF_CPP_MIN_LOG_LEVEL=3 $(TF) -m tensorboard.main --logdir $(DEMO_LOGDIR) --port $(PORT) \
	  2> >(grep --line-buffered -vE 'absl::InitializeLog|cudart_stub' >&2) \
	  $(call or_stop,TensorBoard ended. If the port is taken: make demo PORT=6007)

.PHONY: demo-logdir
demo-logdir: build/demo-logdir.ready ## Only train the demo models, into build/demo-logdir.

build/demo-logdir.ready: $(wildcard demo/*.py) | .venv-tf/.ready
	$(call say,Training the demo models into $(DEMO_LOGDIR))
	@rm -rf $(DEMO_LOGDIR) && mkdir -p build
	@TF_CPP_MIN_LOG_LEVEL=3 $(TF) demo/make_demo.py $(DEMO_LOGDIR) 2> build/demo-logdir.log \
	  || { tail -n 20 build/demo-logdir.log >&2; echo "make: demo/make_demo.py failed." >&2; exit 1; }
	@touch $@

# Test ---------------------------------------------------------------------------------------------

.PHONY: test
test: test-frontend test-quick test-real test-gallery test-browser ## Run every test.

.PHONY: test-quick
test-quick: .venv/.ready ## Python tests without TensorBoard, TensorFlow or a browser.
	$(call say,Python tests$(comma) the quick set)
	@$(PYTEST) -n $(WORKERS) --dist loadfile -m "not ($(NOT_QUICK))"

.PHONY: test-real
test-real: .venv/.ready .venv-tf/.ready ## Python tests with TensorBoard, TensorFlow and real models.
	$(call say,Python tests with TensorBoard$(comma) TensorFlow and real models)
	@MODELINSPECT_TF_PYTHON="$(abspath $(TF))" $(PYTEST) -n $(WORKERS) --dist loadgroup -m "$(REAL)" \
	  $(call marked,corpus|slow|tensorboard|tensorflow)

.PHONY: test-browser
test-browser: .venv/.ready frontend-modules demo-logdir ## Tests of the tab in a real TensorBoard, in Chromium.
	$(call say,Browser tests)
	@$(with_demo) $(PYTEST) -n $(WORKERS) --dist loadfile -m browser $(call marked,browser)

.PHONY: test-gallery gallery
test-gallery: LOOKS := --turns
test-gallery: gallery ## Half of the gallery wide and light, the other half narrow and dark.

gallery: .venv/.ready frontend-modules ## Every view on fixed data, in Chromium: errors, accessibility.
	$(call say,Gallery: every view on fixed data; pictures go to build/gallery)
	@rm -rf frontend/shots build/gallery; mkdir -p build
	@$(with_chromium) code=0; $(PY) -m tools.frontend node gallery/shots.mjs $(LOOKS) || code=$$?; \
	  mv frontend/shots build/gallery; exit $$code

.PHONY: test-frontend
test-frontend: .venv/.ready ## Unit tests of the front end.
	$(call say,Front-end tests)
	@$(PY) -m tools.frontend run test

.PHONY: fuzz
fuzz: .venv/.ready ## Damage small files of every format in every place, then at random for MINUTES (5).
	$(call say,Every damage at every offset)
	@$(PYTEST) -n $(WORKERS) -m soak $(call marked,soak)
	$(call say,Fuzzing for $(MINUTES) minutes; findings go to build/fuzz)
	@$(PY) -m tests.hostile.fuzz --minutes $(MINUTES)

.PHONY: test-matrix
test-matrix: $(MATRIX:%=test-with-%) ## Tests of the server with TensorBoard 2.17, 2.19 and 2.21.

test-with-%: .venv-matrix/%/.ready
	$(call say,TensorBoard $*: the http view's tests$(comma) then a real server)
	@.venv-matrix/$*/bin/python -m pytest --no-header -p no:cacheprovider \
	  -m "not (browser or tensorflow)" tests/views/http
	@.venv-matrix/$*/bin/python -m tools.smoke_tensorboard

# Check --------------------------------------------------------------------------------------------

.PHONY: lint
lint: .venv/.ready ## Check format, types, imports, sizes, and that built files are fresh.
	$(call say,ruff: format)
	@$(PY) -m ruff format -q --check . $(call or_stop,Files need formatting: make format)
	$(call say,ruff: rules)
	@$(PY) -m ruff check -q .
	$(call say,mypy: types)
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  $(call or_stop,numpy has whole types only from Python 3.11 on: make distclean env PYTHON=python3.11)
	@$(PY) -m mypy --no-error-summary $(TYPED)
	$(call say,import-linter: who imports whom)
	@mkdir -p build; .venv/bin/lint-imports --no-logo > build/imports.log \
	  || { sed '/^$$/d' build/imports.log; exit 1; }
	$(call say,Text: private paths$(comma) hosts$(comma) long files)
	@$(PY) -m tools.check_text
	$(call say,Front end: format$(comma) types$(comma) folder rules)
	@$(PY) -m tools.frontend run lint
	$(call say,Front end: committed assets against a fresh build$(comma) then their sizes)
	@$(PY) -m tools.frontend verify
	@$(PY) -m tools.frontend sizes

.PHONY: format
format: .venv/.ready ## Format Python and TypeScript, and fix what can be fixed safely.
	@$(PY) -m ruff check -q --fix . || true
	@$(PY) -m ruff format -q .
	@$(PY) -m tools.frontend run format

# Build --------------------------------------------------------------------------------------------

.PHONY: frontend
frontend: .venv/.ready ## Build the tab's assets from frontend/ and stamp them.
	$(call say,Building the assets of the tab)
	@$(PY) -m tools.frontend build
	@$(PY) -m tools.frontend sizes

.PHONY: screenshots
screenshots: .venv/.ready demo-logdir ## Pictures of every page on the demo, into build/screenshots.
	$(call say,Pictures of every page; they go to build/screenshots)
	@rm -rf build/screenshots; mkdir -p build/screenshots
	@$(with_demo) MODELINSPECT_SCREENSHOTS="$(abspath build/screenshots)" \
	  $(PYTEST) -m browser tests/browser/test_screenshots.py

.PHONY: frontend-lock
frontend-lock: .venv/.ready ## Write package-lock.json anew after a change of package.json.
	@$(PY) -m tools.frontend lock

.PHONY: types
types: .venv/.ready ## Generate the tab's types of the HTTP answers from the payloads.
	@$(PY) -m tools.generate_types

.PHONY: frontend-modules
frontend-modules: .venv/.ready
	@$(PY) -m tools.frontend install

.PHONY: dist
dist: .venv/.ready ## Build wheel and source archive into dist/.
	$(call say,Building wheel and source archive)
	@rm -rf dist build/lib* build/bdist.*
	@mkdir -p build && $(PY) -m build --no-isolation --outdir dist . > build/dist.log 2>&1 \
	  || { tail -n 20 build/dist.log; exit 1; }
	@ls -1 dist/*

.PHONY: oracle
oracle: .venv-tf/.ready ## Make the test fixtures anew and record TensorFlow's answers.
	@TF_CPP_MIN_LOG_LEVEL=3 $(TF) tests/corpus/make_all.py
	@$(TF) tests/corpus/inspect_checkpoint.py

.PHONY: bench
bench: .venv-tf/.ready .venv/.ready demo-logdir ## Measure speed and memory beside TensorFlow's tools.
	@TF_CPP_MIN_LOG_LEVEL=3 $(TF) -m benchmarks
	@MODELINSPECT_CHROMIUM="$$($(PY) -m tools.ensure_chromium)"; export MODELINSPECT_CHROMIUM; \
	  MODELINSPECT_DEMO_LOGDIR="$(abspath $(DEMO_LOGDIR))" $(PY) -m benchmarks paint weights_page

.PHONY: bench-graph
bench-graph: .venv-tf/.ready .venv/.ready .venv-peers/.ready ## Measure the Graph page beside Netron and others.
	$(call say,Graphs of 10$(comma)000 and 105$(comma)000 nodes in four viewers; pictures go to build/bench-graph)
	@mkdir -p build; TF_CPP_MIN_LOG_LEVEL=3 $(TF) -m benchmarks.graph_models build/bench-graph \
	  2> build/bench-graph.log || { tail -n 20 build/bench-graph.log >&2; exit 1; }
	@$(with_chromium) $(PY) -m benchmarks.graph_pages build/bench-graph

# Environments -------------------------------------------------------------------------------------

.PHONY: env
env: .venv/.ready ## Make .venv, the environment for development.

.PHONY: env-tf
env-tf: .venv-tf/.ready ## Make .venv-tf, the same with TensorFlow.

comma := ,
check_python = @$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
  $(call or_stop,$(PYTHON) is missing or older than 3.10. Name another: make PYTHON=python3.12)
make_venv = @$(PYTHON) -m venv $(1) \
  $(call or_stop,Cannot make an environment. On Debian and Ubuntu: sudo apt-get install python3-venv)
or_pip_stop = $(call or_stop,pip failed; its words are above. Check the network$(comma) then try again)

.venv/.ready: requirements/dev.txt $(PACKAGING)
	$(call say,Installing the package and its tools into .venv)
	$(check_python)
	$(call make_venv,.venv)
	@$(PY) -m pip install $(PIP_FLAGS) -r requirements/dev.txt -e . $(or_pip_stop)
	@touch $@

.venv-tf/.ready: requirements/tensorflow.txt $(PACKAGING)
	$(call say,Installing the package and TensorFlow into .venv-tf (some 600 MB))
	$(check_python)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info >= (3, 14))' \
	  $(call or_stop,TensorFlow 2.21 needs Python 3.10 to 3.13. Name one: make PYTHON=python3.13)
	$(call make_venv,.venv-tf)
	@$(TF) -m pip install $(PIP_FLAGS) -r requirements/tensorflow.txt -e . $(or_pip_stop)
	@touch $@

.venv-matrix/%/.ready: requirements/matrix-%.txt requirements/matrix.txt $(PACKAGING)
	$(call say,Installing the package and TensorBoard $* into .venv-matrix/$*)
	$(check_python)
	$(call make_venv,.venv-matrix/$*)
	@.venv-matrix/$*/bin/python -m pip install $(PIP_FLAGS) -r requirements/matrix-$*.txt -e . \
	  $(or_pip_stop)
	@touch $@

# Peers that cannot be installed are left out, and the table says so.
.venv-peers/.ready: requirements/peers.txt
	$(call say,Installing the viewers to measure beside into .venv-peers (some 700 MB))
	$(call make_venv,.venv-peers)
	@.venv-peers/bin/python -m pip install $(PIP_FLAGS) -r requirements/peers.txt \
	  || echo "make: pip failed; its words are above. What is missing is left out." >&2
	@touch $@

# Clean --------------------------------------------------------------------------------------------

.PHONY: clean
clean: ## Remove what was built; keep the environments.
	@rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +

.PHONY: distclean
distclean: clean ## Remove the environments as well.
	@rm -rf .venv .venv-tf .venv-matrix .venv-peers frontend/node_modules
	@rm -f tensorboard_plugin_modelinspect/analyses/stats/_kernel.*.so
