# The same targets for people and for CI. Each works in a fresh clone with only Python, make and git.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
AUDIT := .venv-audit
FUZZ := .venv-fuzz
LOWEST := .venv-lowest
OUT ?= out
# Not every shell expands the ~ of OUT=~/x in an argument.
ifneq ($(findstring ^~/,^$(OUT)),)
override OUT := $(subst ^~/,$(HOME)/,^$(OUT))
endif
ARGS ?=
FUZZ_SECONDS ?= 180
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make pins"
BALANCES ?= $(wildcard ../shared/data/berka_balances.parquet)

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name another with: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing pinned requirements into $(VENV) (once, a minute or two)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: help
help: ## List all targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: $(STAMP) ## Create the virtual environment with the pinned requirements

.PHONY: forecast
forecast: $(STAMP) ## Forecast the sample accounts into out/forecast
	@$(BIN)/forecast-cli forecast data/sample --config configs/sample.toml --output "$(OUT)/forecast" $(ARGS)

.PHONY: backtest
backtest: $(STAMP) ## Backtest the sample accounts into out/backtest, with reports
	@$(BIN)/forecast-cli backtest data/sample --config configs/backtest.toml --output "$(OUT)/backtest" $(ARGS)

.PHONY: gate
gate: backtest ## Backtest the sample accounts, and fail if the result is worse than the committed baseline
	@$(BIN)/forecast-cli compare data/baseline "$(OUT)/backtest" $(ARGS)

.PHONY: baseline
baseline: backtest ## Backtest the sample accounts, and make the result the new baseline for the gate
	@mkdir -p data/baseline
	@cp "$(OUT)/backtest/manifest.json" "$(OUT)/backtest/scores.parquet" "$(OUT)/backtest/windows.parquet" data/baseline/

.PHONY: test
test: $(STAMP) ## Run all tests
	@$(BIN)/python -m pytest --numprocesses 2 --dist worksteal $(ARGS)

.PHONY: test-lowest
test-lowest: ## Run all tests with the lowest versions that pyproject.toml accepts (needs uv)
	@uv venv --quiet --clear --seed --python $(PYTHON) $(LOWEST)
	@uv pip install --quiet --compile-bytecode --python $(LOWEST) --resolution lowest-direct --editable .
	@uv pip install --quiet --compile-bytecode --python $(LOWEST) --editable '.[dev]'
	@$(LOWEST)/bin/python -m pytest --numprocesses 2 --dist worksteal $(ARGS)

.PHONY: golden
golden: $(STAMP) ## Write the screens of tests/golden again, after an intended change
	@GOLDEN_REWRITE=1 $(BIN)/python -m pytest -q --numprocesses 2 tests/cli/test_cli_golden.py $(ARGS)

$(VENV)/.ray $(VENV)/.spark: $(VENV)/.%: requirements/%.txt $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-build-isolation --requirement $<
	@touch $@

.PHONY: test-ray
test-ray: $(VENV)/.ray ## Run the tests of the Ray executor
	@EXECUTOR_REQUIRED=1 $(BIN)/python -m pytest -k ray tests/executors $(ARGS)

.PHONY: test-spark
test-spark: $(VENV)/.spark ## Run the tests of the Spark executor, which need Java (pyspark is a download of 450 MB)
	@EXECUTOR_REQUIRED=1 $(BIN)/python -m pytest -k spark tests/executors $(ARGS)

.PHONY: test-faults
test-faults: $(STAMP) ## Run all fault injection tests, and print how often each fault was survived (about 15 minutes)
	@FAULT_TABLE=1 FAULT_STRIDE=1 FAULT_FLIPS=400 FAULT_KILLS=60 FAULT_RACES=50 $(BIN)/python -m pytest -q --numprocesses 2 tests/faults $(ARGS)

.PHONY: torture
torture: $(STAMP) ## Kill 1,000 runs at random moments, and start 8 runs on one output 50 times (about an hour)
	@FAULT_TABLE=1 FAULT_KILLS=1000 FAULT_RACES=50 $(BIN)/python -m pytest -q --numprocesses 2 tests/faults/test_faults_kill.py $(ARGS)

$(FUZZ)/.installed: requirements/fuzz.txt $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --upgrade --target $(FUZZ) --requirement requirements/fuzz.txt
	@touch $@

.PHONY: fuzz
fuzz: $(FUZZ)/.installed ## Fuzz the settings and the reader for FUZZ_SECONDS each (Linux x86_64); out/fuzz keeps inputs that crash
	@for target in config reader; do \
		mkdir -p "$(OUT)/fuzz/$$target"; \
		PYTHONPATH=$(FUZZ) $(BIN)/python tests/fuzz/fuzz_$$target.py -max_total_time=$(FUZZ_SECONDS) -max_len=256 -len_control=0 -print_final_stats=1 -artifact_prefix="$(OUT)/fuzz/" $(ARGS) "$(OUT)/fuzz/$$target" || exit 1; \
	done

.PHONY: lint
lint: $(STAMP) ## Check style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: format
format: $(STAMP) ## Fix style and formatting
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: type
type: $(STAMP) ## Check types with mypy (strict)
	@$(BIN)/mypy

.PHONY: sample
sample: $(STAMP) ## Generate data/sample again (same seed, same bytes)
	@$(BIN)/forecast-cli sample --accounts 250 --days 730 --seed 7 --output data/sample --force

.PHONY: bench
bench: $(STAMP) ## Benchmark the tool against statsforecast, polars and plain scripts
	@$(BIN)/python -m benchmarks $(ARGS)

.PHONY: bench-large
bench-large: $(STAMP) ## Benchmark a million accounts; writes time and memory to out/bench-large.json and out/memory.svg
	@$(BIN)/python -m benchmarks.large $(ARGS)

.PHONY: bench-ratios
bench-ratios: $(STAMP) ## Check the benchmark limits of CI: start-up, CPU against statsforecast, daily files, memory
	@$(BIN)/python -m benchmarks.ratios $(ARGS)

.PHONY: accuracy
accuracy: $(STAMP) ## Compare the accuracy of the models, on the sample and on BALANCES
	@$(BIN)/python -m benchmarks.accuracy $(BALANCES) $(ARGS)

$(AUDIT)/.installed: requirements/audit.txt
	@test -x $(AUDIT)/bin/python || $(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/audit.txt
	@touch $@

.PHONY: audit
audit: $(AUDIT)/.installed ## Check the dependencies for known vulnerabilities (needs the network)
	@$(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off --requirement requirements/runtime.txt $(ARGS) || { \
		echo "make audit: either a vulnerability is listed above, or some packages could not be checked:" >&2; \
		echo "the package index has to be reachable, or the OSV service, with ARGS='--vulnerability-service osv'" >&2; exit 1; }

.PHONY: sbom
sbom: $(AUDIT)/.installed ## Write an SBOM of the dependencies, with hashes, to out/sbom.json (CycloneDX)
	@mkdir -p "$(OUT)"
	@$(AUDIT)/bin/cyclonedx-py requirements requirements/runtime.txt --pyproject pyproject.toml --output-reproducible --output-format JSON --output-file "$(OUT)/sbom.json" $(ARGS)

.PHONY: build
build: $(STAMP) sbom ## Build wheel and source archive into dist, with the SBOM
	@rm -rf dist
	@$(BIN)/hatchling build --directory dist
	@cp "$(OUT)/sbom.json" dist/sbom.json

.PHONY: pins
pins: ## Recompile the pinned requirements/*.txt (needs uv)
	$(COMPILE) pyproject.toml --output-file requirements/runtime.txt
	$(COMPILE) --extra dev pyproject.toml --constraint requirements/runtime.txt --output-file requirements/dev.txt
	$(COMPILE) --extra ray pyproject.toml --constraint requirements/dev.txt --output-file requirements/ray.txt
	$(COMPILE) --extra spark pyproject.toml --constraint requirements/dev.txt --output-file requirements/spark.txt
	$(COMPILE) requirements/build.in --constraint requirements/dev.txt --output-file requirements/build.txt
	$(COMPILE) requirements/audit.in --output-file requirements/audit.txt

.PHONY: clean
clean: ## Remove everything the other targets created
	@rm -rf $(VENV) $(AUDIT) $(FUZZ) $(LOWEST) "$(OUT)" .mypy_cache .pytest_cache .ruff_cache .hypothesis
