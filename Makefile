# Everything a person or CI runs. Long steps print what they do.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# Cargo and the scripts write here; the programs read the contracts there.
export CARGO_TARGET_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))
export VILOKANAM_ARTIFACTS := $(CARGO_TARGET_DIR)/ink

HOST_CRATES := vilokanam vilokanam-abi vilokanam-chain vilokanam-client vilokanam-deploy vilokanam-edited vilokanam-e2e vilokanam-fuzzed \
	vilokanam-node vilokanam-operate vilokanam-plots vilokanam-suite
ARITHMETIC := -D clippy::arithmetic_side_effects -D clippy::cast_possible_truncation \
	-D clippy::cast_possible_wrap -D clippy::cast_sign_loss
# Not for the fixture `hostile`, which panics as it is told.
PANICS := -D clippy::unwrap_used -D clippy::expect_used -D clippy::indexing_slicing -D clippy::get_unwrap -D clippy::string_slice \
	-D clippy::todo -D clippy::unimplemented -D clippy::unreachable

.PHONY: help setup contracts build fixtures demo replay test lint laws exhaustive fuzz mutants planted vectors bench bench-deploy metadata \
	verify-build node clean

help: ## Shows this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | awk -F'\t' '{ printf "  make %-13s %s\n", $$1, $$2 }'

setup: ## Installs what is missing to build the contracts
	@scripts/setup.sh >/dev/null

contracts: ## Builds the contracts to release Wasm
	@scripts/build-contracts.sh

fixtures:
	@scripts/build-contracts.sh --fixtures

# Everything is built, the tests too: without them, or for one package alone, cargo would compile some dependencies twice.
BUILD := cargo build --workspace --all-targets --locked --quiet

build: contracts ## Builds everything: target/debug/vilokanam, and the contracts that it deploys
	@$(BUILD)

demo: contracts ## Runs an evening of live video on the embedded chain; ARGS="--viewers 50 --seed 7 --json"
	@$(BUILD)
	@"$$CARGO_TARGET_DIR/debug/vilokanam" demo $(ARGS)

replay: contracts ## Replays the real audience, 20,000 sessions at once, and measures it; ARGS="--sessions 2000 --json"
	@$(BUILD)
	@"$$CARGO_TARGET_DIR/debug/vilokanam" replay $(ARGS)

test: fixtures ## Runs every test, and checks that metadata/ and docs/events.md are current
	@scripts/metadata.sh --check
	@scripts/events.sh --check
	@scripts/run-tests.sh
	@scripts/test-outside.sh

lint: ## Checks format, lints and dependencies; arithmetic that can overflow, panics and unsafe code are errors on chain
	cargo fmt --all --check
	cargo fmt --manifest-path e2e-tests/outside/Cargo.toml --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --workspace $(HOST_CRATES:%=--exclude %) --exclude hostile --lib --locked -- -D warnings $(ARITHMETIC) $(PANICS)
	scripts/lint-contracts.sh
	scripts/deny.sh $(HOST_CRATES)
	for script in scripts/*.sh .ci/run; do bash -n "$$script"; done
	if command -v shellcheck >/dev/null; then shellcheck -x -P scripts scripts/*.sh .ci/run; fi

laws: fixtures ## Runs the long form of the property tests (half an hour); CASES=, LAWS_RUNS=, LAWS_STEPS=
	CASES=$${CASES:-20000} LAWS_RUNS=$${LAWS_RUNS:-1000} LAWS_STEPS=$${LAWS_STEPS:-100} \
		cargo test --workspace --locked --test laws --test plan_laws -- --nocapture

exhaustive: fixtures ## Goes through every interleaving of sessions and vouchers within larger bounds; ONLY="part of a configuration's name"
	EXHAUSTIVE=long EXHAUSTIVE_ONLY="$(ONLY)" cargo test --workspace --locked --test exhaustive -- --nocapture

mutants: ## Changes the code in one place at a time, and looks whether a test fails (hours); ARGS="vilokanam-math -- --iterate"
	@scripts/mutants.sh $(ARGS)

fuzz: contracts ## Fuzzes contracts and host code, 15 minutes a target (an hour in all); FUZZ_SECONDS=, JOBS=, TARGETS="cid dispatch"
	@scripts/fuzz.sh $(TARGETS)

planted: ## Plants known bugs, one at a time, and tells which tests catch each (an hour or two); ARGS="--layers unit,laws 07"
	@scripts/planted.sh $(ARGS)

vectors: ## Checks the test vectors of vouchers by another implementation (needs Node.js)
	@scripts/check-vectors.sh

bench: fixtures ## Measures what everything costs, also on a node, into metadata/gas.json and docs/; ARGS=--check compares only
	@$(BUILD)
	@"$$CARGO_TARGET_DIR/debug/bench" $(ARGS)
	@[ "$(ARGS)" = --check ] || cargo run --package vilokanam-plots --features plots --locked --quiet

bench-deploy: contracts ## Measures the whole deployment, by `vilokanam deploy` and by `cargo contract`, on fresh nodes; ROUNDS=3
	@$(BUILD)
	@scripts/bench-deploy.sh

metadata: contracts ## Writes metadata/: the ABI and the code size of each contract; and the tables of docs/events.md
	@scripts/metadata.sh
	@scripts/events.sh

verify-build: ## Builds the contracts from nothing and compares their hashes with the recorded ones; RECORD=deployments/NAME.json
	@scripts/verify-build.sh $(RECORD)

node: ## Starts a development chain on this machine, ephemeral and sealed at once; PORT=9944
	@scripts/node.sh $(or $(PORT),9944)

clean: ## Removes everything built
	cargo clean
