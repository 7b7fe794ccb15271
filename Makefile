# Every target is in `make help`; one that is missing there is a bug.
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
# Tests start hundreds of programs. What they import is compiled once and kept, or each start takes twice the CPU time.
unexport PYTHONDONTWRITEBYTECODE

# The tool makes .venv, so it runs without: with the standard library, from where it lies.
NAS_DEV := PYTHONPATH=$(CURDIR)/dev python3 -m nas_dev
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest $(ARGS)
# Which embedded cluster: the demo has its own, so that tests on the other never meet its operator.
CLUSTER ?= dev
# End-to-end tests wait more than they compute: two at a time took 780 s on 2 cores, one at a time 1,330 s.
E2E_WORKERS ?= 2

##@ Try it

.PHONY: demo
demo: ## Set everything up, run a search on Fashion-MNIST and follow it (CONTEXT=name: on a cluster of yours)
	@$(NAS_DEV) $(if $(CONTEXT),venv,setup)
	@$(PYTHON) -m nas_dev.demo $(if $(CONTEXT),--context "$(CONTEXT)")

.PHONY: demo-down
demo-down: ## Stop the demo's cluster and drop all that it holds; what was built stays
	@$(NAS_DEV) cluster-down --name demo --wipe

.PHONY: dataset
dataset: ## Put an example's data into a bucket (NAME=spam-assassin TO=s3://nas/datasets/spam-assassin/ CLUSTER=demo)
	@$(NAS_DEV) dataset $(NAME) $(if $(TO),--to $(TO)) --name $(CLUSTER)

.PHONY: env
env: ## Print what makes kubectl, helm and nasctl use an embedded cluster: eval "$(make -s env CLUSTER=demo)"
	@$(NAS_DEV) env --name $(CLUSTER)
	@echo 'export PATH="$(CURDIR)/dev/bin:$$PATH"'

##@ Test it

# Two or three tests run side by side: threads of their own, on cores that are all in use, would only wait for each other.
unit integration e2e chaos: export OMP_NUM_THREADS = 1

.PHONY: test
test: ## Run every test: lint, unit, integration, e2e
	@for part in setup lint unit integration e2e; do \
		echo "== $$part"; start=$$SECONDS; \
		$(MAKE) $$part || exit; \
		echo "== $$part took $$((SECONDS - start)) s"; \
	done

.PHONY: lint
lint: .venv ## Check style, types, import layers and generated files
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports
	@$(PYTHON) -m nas_dev.generate --check

.PHONY: unit
unit: .venv ## Run the unit tests, the chart's included; they need no cluster (ARGS: more for pytest)
	@$(PYTEST) -n 2 tests/unit

# A cluster test that fails is tried once more, alone: with three on two cores, while one of them restarts the API
# server, a wait may end too soon. pytest names what failed at first; what fails twice is a failure.
once_more = || { [ $$? = 1 ] && echo "== once more, one at a time" && $(PYTEST) --last-failed --exitfirst $(1); }

.PHONY: integration
integration: setup ## Run the tests against a real API server, S3 server and Prometheus
	@$(PYTEST) -n 3 tests/integration $(call once_more,tests/integration)

.PHONY: e2e
e2e: setup ## Run the tests of the operator's and the trials' pods on a whole cluster (E2E_WORKERS=1: one after the other)
	@$(PYTEST) $(if $(filter-out 1,$(E2E_WORKERS)),-n $(E2E_WORKERS) --dist=loadfile) --durations=15 tests/e2e \
		$(call once_more,tests/e2e)

.PHONY: chaos
chaos: setup ## Disturb searches at random moments and check what came of it (an hour; ARGS="--seed 7 --fault s3-down --times 20")
	@$(PYTHON) -m tests.chaos $(ARGS)

.PHONY: test-large
test-large: setup ## Run searches on 100,000 photos and 2 million rows, every pod within 4 GiB (not part of test: minutes)
	@$(PYTEST) -s tests/large

.PHONY: test-slow
test-slow: setup ## Run the tests marked slow (not part of test; half an hour)
	@$(PYTEST) --run-slow -m slow tests

.PHONY: fuzz
fuzz: setup ## Try wrong manifests and files by the thousand (not part of test; FUZZ=10000 of each kind, about an hour)
	@FUZZ=$(or $(FUZZ),10000) $(PYTEST) -n 2 tests/integration/test_fuzz_manifests.py tests/integration/test_fuzz_readers.py

.PHONY: test-gpu
test-gpu: .venv ## Run what only a GPU can show (not part of test; skipped, with the reason, where there is none)
	@$(PYTEST) tests/gpu

##@ Measure it (ARGS: more for the measurement)

bench-operator: setup ## Measure how many trials the operator keeps up with
bench-operator-scale: setup ## The same with 1,000 trials, 100 at a time, on fake nodes (kwok)
bench-operator-large: setup ## One search of 10,000 trials, 200 at a time, with its ledger (half an hour; ARGS="--trials 1000")
bench-operator-many: setup ## 1,000 searches of 10 trials at once, on fake nodes (ARGS="--searches 100")
bench-rungs: ## Measure how soon ASHA reaches what Hyperband reaches, in simulated time (ARGS="--data FOLDER")
bench-stopping: ## Measure what the rules of early stopping save and lose on known curves (ARGS="--data FOLDER")
bench-proxies: ## Measure how well zero-cost proxies rank NAS-Bench-201's cells (ARGS="--table PATH"; hours on 2 cores, resumable)
bench-supernet: ## Measure what weight sharing is worth against networks trained alone (ARGS="--supernets FILES --derived FILES")
bench-ofa: ## Measure one supernet's networks for several devices beside the same trained alone (an hour, resumable; ARGS="--seeds 1")
bench-guidance: ## Measure what right and useless preferences save and cost, on tables (ARGS="--data FOLDER --tables macro")
bench-surrogates: ## Measure how well predictors rank NAS-Bench-201's cells from a few trained ones (minutes; ARGS="--draws 20")
bench-transfer: ## Measure what it is worth to begin with an earlier search (minutes; ARGS="--seeds 10")
bench-knowledge: ## Measure what the knowledge base is worth, beside Syne Tune's transfer after make build/peers (minutes; ARGS="--seeds 3")
bench-few-shot: ## Measure what a model's weights are worth for 100 labelled examples of other classes (minutes; ARGS="--seeds 6")
bench-fashion-mnist: ## Measure what a search reaches on Fashion-MNIST in 30 CPU-minutes beside its rivals (hours, resumable)
bench-strategies: build/peers ## Measure strategies beside other libraries' on tables (DATA=folder ARGS="nb201-raw --seeds 10"; hours, resumable)
bench-history: ## Measure what choosing costs each strategy after 100,000 candidates (ARGS="--objectives 2")
bench-plans: ## Measure what one plan of a large search costs, and how late the event loop is beside it (ARGS="--parts lag")
bench-defaults: ## Search small data sets of every modality with all defaults, and compare with simple models (ARGS="--trials 5 --only wine")
bench-recipes: ## Train random architectures of every ready-made space with all defaults, and count those whose loss is not finite
bench-data: ## Measure how fast data are read, how soon a trial trains, and its memory by the size of the data (an hour; ARGS="--parts start")
bench-trainer: ## Measure the training loop beside a plain one, and what packing candidates saves
bench-exports: ## Measure what exports of trained networks are worth: difference, accuracy, size, latency
bench-gpu: ## Measure the training loop on this machine's GPU (says so where there is none)

# One rule for all of them. bench-a-b runs benchmarks/a_b, with one thread for each process, as its figures are per core.
MODULE = $(subst -,_,$*)
THREADS = OMP_NUM_THREADS=1
bench-operator: FLAGS = --cluster $(CLUSTER)
bench-operator-scale: MODULE = operator
bench-operator-scale: FLAGS = --kwok
bench-operator-large: MODULE = operator
bench-operator-large: FLAGS = --large
bench-operator-many: MODULE = operator
bench-operator-many: FLAGS = --many
bench-strategies: FLAGS = --data $(DATA)
bench-strategies: PYTHON = build/peers/bin/python
bench-knowledge: PYTHON = $(if $(wildcard build/peers),build/peers,.venv)/bin/python
bench-operator bench-operator-scale bench-operator-large bench-operator-many bench-data bench-trainer bench-exports bench-gpu: THREADS =

bench-%: .venv
	@$(THREADS) $(PYTHON) -m benchmarks.$(MODULE) $(FLAGS) $(ARGS)

##@ Work on it

.PHONY: setup
setup: ## Install and build all that is needed: system packages, .venv, Kubernetes, Helm
	@$(NAS_DEV) setup

.venv: requirements/dev.txt pyproject.toml
	@$(NAS_DEV) venv
	@touch $@

build/peers: requirements/peers.txt pyproject.toml
	@$(NAS_DEV) venv --peers
	@touch $@

.PHONY: generate
generate: .venv ## Write the CRDs, the chart's copies, the reference page and the JSON schema from the API types
	@$(PYTHON) -m nas_dev.generate

.PHONY: pins
pins: ## Write requirements/*.txt from pyproject.toml; versions that still fit stay (UPGRADE=1: the newest)
	@$(NAS_DEV) pins $(if $(UPGRADE),--upgrade)

.PHONY: sbom
sbom: .venv ## Write the images' bills of materials, CycloneDX, into build/sbom
	@PYTHONPATH=dev $(PYTHON) -m nas_dev.sbom

.PHONY: audit
audit: .venv ## Look for known vulnerabilities of what the images have (pip-audit; skipped, and said so, without a network)
	@PYTHONPATH=dev $(PYTHON) -m nas_dev.audit

.PHONY: cluster-up
cluster-up: setup ## Start an embedded cluster with Kubernetes, S3 and Prometheus (CLUSTER=dev)
	@$(NAS_DEV) cluster-up --name $(CLUSTER)

.PHONY: cluster-down
cluster-down: ## Stop it; its state stays
	@$(NAS_DEV) cluster-down --name $(CLUSTER)

.PHONY: cluster-status
cluster-status: ## Show its components
	@$(NAS_DEV) cluster-status --name $(CLUSTER)

.PHONY: images
images: setup ## Build the images that changed and give them to it
	@$(NAS_DEV) images --name $(CLUSTER)

.PHONY: clean
clean: demo-down ## Remove the clusters, .venv and the checkout's caches (what was built stays in ~/.cache/nas-operator)
	@$(NAS_DEV) cluster-down --name $(CLUSTER) --wipe
	@rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## Show this
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z0-9-]+:.*## / {printf "  %-20s %s\n", $$1, $$2}' Makefile
