#!/usr/bin/env bash
# usage: scripts/test-outside.sh
#
# Runs the tests of e2e-tests/outside, a workspace of its own: ink_e2e drives the built contracts on a node. Without a node it
# compiles nothing and says so; with VILOKANAM_REQUIRE_NODE=1 that is a failure.

set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT/e2e-tests/outside"

case ${1:-} in -h | --help) usage && exit ;; esac
if ! command -v substrate-contracts-node >/dev/null && [ ! -x "${SUBSTRATE_CONTRACTS_NODE:-}" ]; then
    missing="there is no substrate-contracts-node on the PATH, and SUBSTRATE_CONTRACTS_NODE names none"
    [ "${VILOKANAM_REQUIRE_NODE:-}" != 1 ] || die "$missing"
    say "skipped the tests of ink_e2e: $missing"
    exit
fi
export VILOKANAM_ARTIFACTS=$ARTIFACTS
CARGO_TARGET_DIR=$CARGO_TARGET_DIR/outside cargo test --locked
