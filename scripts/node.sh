#!/usr/bin/env bash
# Starts a substrate-contracts-node: a chain of its own that is forgotten when it ends, and seals a block for each transaction.
# Usage: scripts/node.sh [PORT]   (9944)
set -euo pipefail

port="${1:-9944}"
node="$(command -v substrate-contracts-node || true)"
node="${node:-${SUBSTRATE_CONTRACTS_NODE:-}}"
if [ ! -x "$node" ]; then
	cat >&2 <<-'END'
		There is no substrate-contracts-node on the PATH, and SUBSTRATE_CONTRACTS_NODE names none. To install it:

		  cargo install contracts-node --version 0.42.0 --locked

		That takes about two hours and needs protobuf-compiler, clang, libclang-dev, cmake and Rust 1.85 with WASM_BUILD_STD=1.
	END
	exit 1
fi
echo "ws://127.0.0.1:$port (stop it with Ctrl-C)"
exec "$node" --dev --tmp --no-prometheus --no-telemetry --port 0 --rpc-port "$port"
