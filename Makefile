# One door for people and for CI: every target works in a fresh clone with only Python, make and git.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
AUDIT := .venv-audit
FUZZ := .venv-fuzz
OUT ?= out
ARGS ?=
FUZZ_SECONDS ?= 180
BALANCES ?= $(wildcard ../shared/data/berka_balances.parquet)

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name another with: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing pinned requirements into $(VENV) (once, a minute or two)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: $(STAMP) ## Make the virtual environment with pinned requirements

.PHONY: forecast
forecast: $(STAMP) ## Forecast the sample accounts into out/forecast
	@$(BIN)/forecast-cli forecast data/sample --config configs/sample.toml --output $(OUT)/forecast $(ARGS)

.PHONY: backtest
backtest: $(STAMP) ## Replay the sample's history into out/backtest, with reports
	@$(BIN)/forecast-cli backtest data/sample --config configs/backtest.toml --output $(OUT)/backtest $(ARGS)

.PHONY: gate
gate: backtest ## Hold out/backtest against the committed baseline (exit 6: worse)
	@$(BIN)/forecast-cli compare data/baseline $(OUT)/backtest $(ARGS)

.PHONY: baseline
baseline: backtest ## Make out/backtest the baseline that the gate compares with
	@mkdir -p data/baseline
	@cp $(OUT)/backtest/manifest.json $(OUT)/backtest/scores.parquet $(OUT)/backtest/windows.parquet data/baseline/

.PHONY: test
test: $(STAMP) ## Run all tests
	@$(BIN)/python -m pytest --numprocesses 2 --dist worksteal $(ARGS)

.PHONY: test-faults
test-faults: $(STAMP) ## Inject every fault there is and print how often each was survived (about 15 minutes)
	@FAULT_TABLE=1 FAULT_STRIDE=1 FAULT_KILLS=60 FAULT_RACES=50 $(BIN)/python -m pytest -q --numprocesses 2 tests/faults $(ARGS)

.PHONY: torture
torture: $(STAMP) ## Kill 1,000 runs at random instants, and race 8 runs for one output 50 times (about an hour)
	@FAULT_TABLE=1 FAULT_KILLS=1000 FAULT_RACES=50 $(BIN)/python -m pytest -q --numprocesses 2 tests/faults/test_faults_kill.py $(ARGS)

$(FUZZ)/.installed: requirements/fuzz.txt $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --upgrade --target $(FUZZ) --requirement requirements/fuzz.txt
	@touch $@

.PHONY: fuzz
fuzz: $(FUZZ)/.installed ## Fuzz settings and reader, FUZZ_SECONDS each (Linux on x86_64); a crash leaves its input in out/fuzz
	@for target in config reader; do \
		mkdir -p $(OUT)/fuzz/$$target; \
		PYTHONPATH=$(FUZZ) $(BIN)/python tests/fuzz/fuzz_$$target.py -max_total_time=$(FUZZ_SECONDS) -max_len=256 -len_control=0 -print_final_stats=1 -artifact_prefix=$(OUT)/fuzz/ $(ARGS) $(OUT)/fuzz/$$target || exit 1; \
	done

.PHONY: lint
lint: $(STAMP) ## Check style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: format
format: $(STAMP) ## Mend style and formatting
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: type
type: $(STAMP) ## Check types (mypy, strict)
	@$(BIN)/mypy

.PHONY: sample
sample: $(STAMP) ## Write data/sample again: same seed, same bytes
	@$(BIN)/forecast-cli sample --accounts 250 --days 730 --seed 7 --output data/sample --force

.PHONY: bench
bench: $(STAMP) ## Time the tool against its yardsticks, side by side
	@$(BIN)/python -m benchmarks $(ARGS)

.PHONY: bench-large
bench-large: $(STAMP) ## Forecast a million accounts: time and memory, into out/bench-large.json and out/memory.svg
	@$(BIN)/python -m benchmarks.large $(ARGS)

.PHONY: bench-ratios
bench-ratios: $(STAMP) ## Hold the ratios that CI holds: start, CPU against statsforecast, daily files, memory
	@$(BIN)/python -m benchmarks.ratios $(ARGS)

.PHONY: accuracy
accuracy: $(STAMP) ## Score the models side by side, on the sample and on BALANCES
	@$(BIN)/python -m benchmarks.accuracy $(BALANCES) $(ARGS)

$(AUDIT)/.installed: requirements/audit.txt
	@test -x $(AUDIT)/bin/python || $(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/audit.txt
	@touch $@

.PHONY: audit
audit: $(AUDIT)/.installed ## Ask for known weaknesses of what the tool is built from (needs the network)
	@$(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off --requirement requirements/runtime.txt $(ARGS) || { \
		echo "make audit: either a weakness is listed above, or the advisories could not be asked for all packages:" >&2; \
		echo "the package index has to be reachable, or the OSV service with ARGS='--vulnerability-service osv'" >&2; exit 1; }

.PHONY: sbom
sbom: $(AUDIT)/.installed ## List what the tool is built from, with hashes, in out/sbom.json (CycloneDX)
	@mkdir -p $(OUT)
	@$(AUDIT)/bin/cyclonedx-py requirements requirements/runtime.txt --pyproject pyproject.toml --output-reproducible --output-format JSON --output-file $(OUT)/sbom.json $(ARGS)

.PHONY: build
build: $(STAMP) sbom ## Build wheel and source archive into dist, with the list of what they are built from
	@rm -rf dist
	@$(BIN)/hatchling build --directory dist
	@cp $(OUT)/sbom.json dist/sbom.json

.PHONY: pins
pins: ## Compile requirements/*.txt again (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make pins" pyproject.toml --output-file requirements/runtime.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make pins" --extra dev pyproject.toml --constraint requirements/runtime.txt --output-file requirements/dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make pins" requirements/audit.in --output-file requirements/audit.txt

.PHONY: clean
clean: ## Remove what the other targets made
	@rm -rf $(VENV) $(AUDIT) $(FUZZ) $(OUT) .mypy_cache .pytest_cache .ruff_cache .hypothesis
