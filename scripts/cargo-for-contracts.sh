#!/usr/bin/env bash
# usage: called by cargo-contract in place of cargo, on behalf of build-contracts.sh
#
# Corrects three things that cargo-contract and ink! do:
#   - It builds in a temporary workspace and copies Cargo.lock to where cargo does not look for it, so that
#     the newest versions would be compiled, not the locked ones.
#   - It optimises the generator of the metadata, which runs once for a moment, and compiles every procedural
#     macro for it again. Unoptimised and with the macros that clippy has compiled, that takes a third.
#   - ink! copies memory byte by byte: scripts/rlibc says why it need not.

set -euo pipefail
. "$(dirname "$0")/lib.sh"

versions() { awk '/^name = /{ name = $3 } /^version = /{ print name, $3 }' "$1" | sort; }

# $1: the folder of the temporary workspace.
lock_versions() {
    local added
    cp "$ROOT/Cargo.lock" "$1/Cargo.lock"
    # Drops what this contract does not use, after which --locked holds.
    cargo metadata --manifest-path "$1/Cargo.toml" --format-version 1 >/dev/null
    added=$(comm -13 <(versions "$ROOT/Cargo.lock") <(versions "$1/Cargo.lock") | grep -v '^"metadata-gen"' || true)
    [ -z "$added" ] || die "needed by the contract, but not in Cargo.lock: $added"
}

# Clippy and the generator share a target folder and a profile.
use_host_folder() {
    export CARGO_TARGET_DIR=$VILOKANAM_HOST_DIR CARGO_INCREMENTAL=0
    export CARGO_PROFILE_DEV_OPT_LEVEL=0 CARGO_PROFILE_DEV_DEBUG=false
}

command=$1
shift
arguments=(--locked)
case $command in
    build) # the Wasm; the current folder is the temporary workspace
        lock_versions "$PWD"
        sed -i '/^name = "rlibc"$/,/^$/{/^source = /d;/^checksum = /d}' Cargo.lock
        arguments+=(--config "patch.crates-io.rlibc.path='$ROOT/scripts/rlibc'")
        export RUSTC_WRAPPER=$ROOT/scripts/rustc-for-contracts.sh VILOKANAM_ROOT=$ROOT
        VILOKANAM_CRATES=$(sed -n 's/^name = "\(.*\)"/\1/p' Cargo.lock | tr '\n-' ' _')
        export VILOKANAM_CRATES
        arguments+=("$@")
        ;;
    run) # the generator of the metadata
        use_host_folder
        # Named, the target keeps cargo-contract's flags for the generator away from the macros.
        arguments+=(--target "$(rustc -vV | sed -n 's/^host: //p')")
        while [ $# -gt 0 ]; do
            case $1 in
                --release) ;;
                --target-dir) shift ;;
                --manifest-path=*)
                    lock_versions "$(dirname "${1#*=}")"
                    arguments+=("$1")
                    ;;
                *) arguments+=("$1") ;;
            esac
            shift
        done
        ;;
    clippy)
        use_host_folder
        arguments+=("$@")
        ;;
    *) arguments=("$@") ;;
esac
exec cargo "$command" "${arguments[@]}"
