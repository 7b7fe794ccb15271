# Every target is in `make help`; one that is missing there is a bug.
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash

export PYTHONPATH := $(CURDIR)/dev:$(CURDIR)/operator:$(CURDIR)/trial_image
NAS_DEV := python3 -m nas_dev
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest $(ARGS)
# Which embedded cluster: the demo has its own, so that tests on the other never meet its operator.
CLUSTER ?= dev

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

.PHONY: test
test: ## Run every test: lint, unit, integration, e2e
	@for part in setup lint unit integration e2e; do \
		echo "== $$part"; start=$$SECONDS; \
		$(MAKE) $$part || exit; \
		echo "== $$part took $$((SECONDS - start)) s"; \
	done

.PHONY: lint
lint: .venv ## Check style, types, import layers, generated files and the chart
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports
	@$(PYTHON) -m nas_dev.generate --check

.PHONY: unit
unit: .venv ## Run the unit tests, which need nothing but Python (ARGS: more for pytest)
	@$(PYTEST) -n 2 tests/unit

.PHONY: integration
integration: setup ## Run the tests against a real API server, S3 server and Prometheus
	@$(PYTEST) -n 3 tests/integration

.PHONY: e2e
e2e: setup ## Run the tests of the operator's and the trials' pods on a whole cluster
	@$(PYTEST) tests/e2e

.PHONY: test-gpu
test-gpu: .venv ## Run what only a GPU can show (not part of test; skipped, with the reason, where there is none)
	@$(PYTEST) tests/gpu

.PHONY: bench-operator
bench-operator: setup ## Measure how many trials the operator keeps up with
	@PYTHONPATH=$(PYTHONPATH):$(CURDIR) $(PYTHON) -m benchmarks.operator --cluster $(CLUSTER) $(ARGS)

.PHONY: bench-operator-scale
bench-operator-scale: setup ## The same with 1,000 trials, 100 at a time, on fake nodes (kwok)
	@PYTHONPATH=$(PYTHONPATH):$(CURDIR) $(PYTHON) -m benchmarks.operator --kwok $(ARGS)

.PHONY: bench-rungs
bench-rungs: .venv ## Measure how soon ASHA reaches what Hyperband reaches, in simulated time (ARGS="--data FOLDER")
	@PYTHONPATH=$(PYTHONPATH):$(CURDIR) OMP_NUM_THREADS=1 $(PYTHON) -m benchmarks.rungs $(ARGS)

.PHONY: bench-stopping
bench-stopping: .venv ## Measure what the rules of early stopping save and lose on known curves (ARGS="--data FOLDER")
	@PYTHONPATH=$(PYTHONPATH):$(CURDIR) OMP_NUM_THREADS=1 $(PYTHON) -m benchmarks.stopping $(ARGS)

.PHONY: bench-proxies
bench-proxies: .venv ## Measure how well zero-cost proxies rank NAS-Bench-201's cells (ARGS="--table PATH"; hours on 2 cores, resumable)
	@PYTHONPATH=$(PYTHONPATH):$(CURDIR) OMP_NUM_THREADS=1 $(PYTHON) -m benchmarks.proxies $(ARGS)

.PHONY: bench-fashion-mnist
bench-fashion-mnist: .venv ## Measure what a search reaches on Fashion-MNIST in 30 CPU-minutes beside its rivals (hours, resumable)
	@PYTHONPATH=$(PYTHONPATH):$(CURDIR) OMP_NUM_THREADS=1 $(PYTHON) -m benchmarks.fashion_mnist $(ARGS)

.PHONY: bench-strategies
bench-strategies: build/peers ## Measure strategies beside other libraries' on tables (DATA=folder ARGS="nb201-raw --seeds 10"; hours, resumable)
	@PYTHONPATH=$(PYTHONPATH):$(CURDIR) OMP_NUM_THREADS=1 build/peers/bin/python -m benchmarks.strategies --data $(DATA) $(ARGS)

.PHONY: bench-history
bench-history: .venv ## Measure what choosing costs each strategy after 100,000 candidates (ARGS="--objectives 2")
	@PYTHONPATH=$(PYTHONPATH):$(CURDIR) OMP_NUM_THREADS=1 $(PYTHON) -m benchmarks.history $(ARGS)

.PHONY: bench-trainer
bench-trainer: .venv ## Measure the training loop beside a plain one, and what packing candidates saves
	@PYTHONPATH=$(PYTHONPATH):$(CURDIR) $(PYTHON) -m benchmarks.trainer $(ARGS)

##@ Work on it

.PHONY: setup
setup: ## Install and build all that is needed: system packages, .venv, Kubernetes, Helm
	@$(NAS_DEV) setup

.venv: requirements/dev.txt
	@$(NAS_DEV) venv
	@touch $@

build/peers: requirements/peers.txt
	@$(NAS_DEV) venv --peers
	@touch $@

.PHONY: generate
generate: .venv ## Write the CRDs, the chart's copies, the reference page and the JSON schema from the API types
	@$(PYTHON) -m nas_dev.generate

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
