#!/usr/bin/env bash
# usage: scripts/setup.sh [--help]
#
# Sets up what building the contracts needs and this machine lacks; says so and does nothing else.
#   - A Rust toolchain between 1.81 and 1.86 with rust-src and clippy, next to the default one:
#     newer ones cannot compile ink! 5 contracts. Taken from VILOKANAM_INK_TOOLCHAIN if that is set,
#     else from what rustup has, else installed by rustup, else from Debian's packages.
#   - cargo-contract 5.0.3, from crates.io.
# Needs rustup with a stable Rust. Prints the name of the toolchain on standard output.

set -euo pipefail
. "$(dirname "$0")/lib.sh"

case ${1:-} in
    '') ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
esac

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

install_with_rustup() {
    [ "${RUSTUP_AUTO_INSTALL:-1}" != 0 ] || return 1
    say "setup: installing Rust 1.85.0 beside your default toolchain, through rustup (about a minute)"
    rustup toolchain install 1.85.0 --profile minimal --component rust-src,clippy >&2
}

# Debian 12 has several releases of Rust in the packages that build its browsers, named *-web; Debian 13's
# own Rust is 1.85.
install_from_debian() {
    local suffix version package
    local packages=()
    command -v apt-get >/dev/null || return 1
    say "setup: installing Rust 1.85.0 from Debian's packages (about a minute)"
    as_root apt-get update -qq >&2 || return 1
    for suffix in -web ''; do
        version=$(apt-cache madison "rustc$suffix" | awk '$3 ~ /^1\.85\.0/ { print $3; exit }')
        [ -z "$version" ] || break
    done
    [ -n "$version" ] || return 1
    # Each with its version: the newest one is what apt would take otherwise.
    for package in rustc$suffix cargo$suffix "rust$suffix-src" "libstd-rust$suffix-dev" "rust$suffix-clippy"; do
        packages+=("$package=$version")
    done
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
        --allow-downgrades "${packages[@]}" lld-19 >&2 || return 1
    # Debian's rustc looks for its Wasm linker under this name.
    command -v rust-lld >/dev/null || as_root ln -sf /usr/bin/lld-19 /usr/local/bin/rust-lld
    rustup toolchain link ink-1.85 /usr >&2
}

install_cargo_contract() {
    say "setup: installing cargo-contract $CARGO_CONTRACT_VERSION from crates.io (12 to 20 minutes on 2 cores)"
    if ! command -v c++ >/dev/null; then # it compiles Binaryen
        say "setup: it needs a C++ compiler; installing g++"
        as_root apt-get update -qq >&2
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends g++ >&2
    fi
    # Outside the project's target folder, which it would fill with gigabytes.
    env -u CARGO_TARGET_DIR cargo install cargo-contract --version "$CARGO_CONTRACT_VERSION" --locked >&2
}

command -v rustup >/dev/null || die "rustup is not on the PATH: install Rust stable through rustup first"

if ! toolchain=$(ink_toolchain); then
    [ -z "${VILOKANAM_INK_TOOLCHAIN:-}" ] ||
        die "VILOKANAM_INK_TOOLCHAIN=$VILOKANAM_INK_TOOLCHAIN is not a Rust 1.81 to 1.86 with rust-src and clippy"
    install_with_rustup || install_from_debian ||
        die "found no Rust 1.85: install one with rust-src and clippy, and name it in VILOKANAM_INK_TOOLCHAIN"
    toolchain=$(ink_toolchain) || die "the Rust 1.85 that was installed lacks rust-src, clippy or rust-lld"
    say "setup: contracts will be built by $toolchain"
fi

if ! has_cargo_contract; then
    install_cargo_contract
    has_cargo_contract || die "cargo-contract is installed, but not on the PATH: add ~/.cargo/bin to it"
fi

echo "$toolchain"
