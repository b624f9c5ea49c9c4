# shellcheck shell=bash
# Sourced by the other scripts: where things are, and which toolchain builds contracts.

shopt -s inherit_errexit # else a failure inside $(...) goes unseen

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
CARGO_CONTRACT_VERSION=5.0.3
export CARGO_DENY_VERSION=0.20.2

say() { printf '%s\n' "$*" >&2; }
die() {
    say "error: $*"
    exit 1
}

# A script's usage is its leading comment.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

# Cargo, cargo-contract and the tests must agree where the artifacts are: <target>/ink/<name>/<name>.{wasm,contract,json}.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$ROOT/target}
case $CARGO_TARGET_DIR in /*) ;; *) CARGO_TARGET_DIR=$PWD/$CARGO_TARGET_DIR ;; esac
export ARTIFACTS=$CARGO_TARGET_DIR/ink

# Whether rustup's toolchain $1 can build contracts: Rust 1.81 to 1.86 with the sources of the standard
# library, clippy, and a linker for Wasm (rustup's toolchains bring one, Debian's looks on the PATH).
builds_contracts() {
    local sysroot minor
    sysroot=$(RUSTUP_AUTO_INSTALL=0 rustup run "$1" rustc --print sysroot 2>/dev/null) || return 1
    minor=$("$sysroot/bin/rustc" --version | sed -n 's/^rustc 1\.\([0-9]*\)\..*/\1/p')
    [ "${minor:-0}" -ge 81 ] && [ "$minor" -le 86 ] || return 1
    [ -e "$sysroot/lib/rustlib/src/rust/library/Cargo.lock" ] || return 1
    [ -x "$sysroot/bin/cargo" ] && [ -x "$sysroot/bin/cargo-clippy" ] || return 1
    compgen -G "$sysroot/lib/rustlib/*/bin/rust-lld" >/dev/null || command -v rust-lld >/dev/null
}

# Prints the toolchain that builds the contracts; fails if there is none.
ink_toolchain() {
    local name installed minor
    if [ -n "${VILOKANAM_INK_TOOLCHAIN:-}" ]; then
        builds_contracts "$VILOKANAM_INK_TOOLCHAIN" && echo "$VILOKANAM_INK_TOOLCHAIN"
        return
    fi
    installed=$(rustup toolchain list --quiet)
    for minor in 85 86 84 83 82 81; do # 1.85 first: the published sizes are measured with it
        # shellcheck disable=SC2013 # names of toolchains have no blanks
        for name in $(grep -E "^(ink-)?1\.$minor([.-]|\$)" <<<"$installed"); do
            if builds_contracts "$name"; then
                echo "$name"
                return
            fi
        done
    done
    return 1
}

has_cargo_contract() {
    [[ $(cargo-contract contract --version 2>/dev/null) == *" $CARGO_CONTRACT_VERSION"-* ]]
}

# The hash that chains know the code in file $1 by.
code_hash() { echo "0x$(b2sum -l 256 "$1" | cut -d' ' -f1)"; }

# The hash that metadata/ records of contract $1's code.
recorded_hash() { sed -n 's/^ *"'"$1"'": {.*"code_hash": "\(0x[0-9a-f]*\)".*/\1/p' "$ROOT/metadata/sizes.json"; }

# The hash of contract $2's code in the record $1 of a deployment: what runs at its address, or the code itself if it has none.
# The record is as `vilokanam` writes it, a member to a line.
deployed_hash() {
    local within hash
    within='/^  "contracts": {$/,/^  }/{/^    "'$2'": {$/,/^    }/s/^      "code_hash": "\(0x[0-9a-f]*\)".*/\1/p;}'
    hash=$(sed -n "$within" "$1")
    [ -n "$hash" ] || hash=$(sed -n "$(sed 's/contracts/codes/; s/code_hash/hash/' <<<"$within")" "$1")
    echo "$hash"
}

# What made the artifacts, in words. $1: the toolchain.
compiler() { echo "$(rustup run "$1" rustc --version), cargo-contract $CARGO_CONTRACT_VERSION"; }
