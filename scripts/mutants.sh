#!/usr/bin/env bash
# usage: scripts/mutants.sh [--help] [PACKAGE...] [-- ARGUMENTS]
#
# Changes the code of each package in one place at a time, and runs the package's tests, of which one should fail: cargo-mutants.
# Without PACKAGEs, those of docs/mutants.md. ARGUMENTS go to cargo-mutants: `-- --file rules.rs`, `-- --iterate` to try again
# only what was not caught. Property tests run CASES=64 cases. Prints a line for each package; what survived is in
# <target>/mutants/PACKAGE/mutants.out/missed.txt. Fails if docs/mutants.md does not name something that survived.

set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

VERSION=27.1.0
ALL=(vilokanam-math vilokanam-voucher vilokanam-money vilokanam-prices vilokanam-sessions vilokanam-admin vilokanam-interfaces
    payment_handler payment_desk pricing_engine pricing_plans tick_stream tick_lifecycle stream_registry pass_office patronage
    moderation directory vlk_token vlk_permit
    vilokanam-abi vilokanam-suite vilokanam-client vilokanam-deploy vilokanam-operate)
# Their other tests start nodes: what those alone run is not changed (.cargo/mutants.toml).
UNIT_TESTS_ONLY=' vilokanam-client vilokanam-deploy vilokanam-operate '

packages=()
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage && exit ;;
        --) shift && break ;;
        -*) usage >&2 && exit 2 ;;
        *) packages+=("$1") && shift ;;
    esac
done
[ ${#packages[@]} -gt 0 ] || packages=("${ALL[@]}")

[ "$(cargo mutants --version 2>/dev/null)" = "cargo-mutants $VERSION" ] ||
    die "needs cargo-mutants: cargo install cargo-mutants --version $VERSION --locked"

# Apart, so that nobody takes what is built of changed code for the real.
root=$CARGO_TARGET_DIR/mutants
export CARGO_TARGET_DIR=$root/target
export CASES=${CASES:-64} PROPTEST_CASES=${PROPTEST_CASES:-64}
# What a change leaves as it was is not compiled again.
export CARGO_INCREMENTAL=1
unnamed=0
for package in "${packages[@]}"; do
    out=$root/$package
    mkdir -p "$out"
    start=$SECONDS status=0
    # No examples.
    tests=--tests
    [[ $UNIT_TESTS_ONLY != *" $package "* ]] || tests=--lib
    cargo mutants --package "$package" --output "$out" --cargo-arg="$tests" "$@" >"$out/log" 2>&1 || status=$?
    # 0: all caught; 2: some missed; 3: some timed out. Else nothing was measured.
    case $status in 0 | 2 | 3) ;; *)
        tail -20 "$out/log" >&2
        die "cargo-mutants failed on $package"
        ;;
    esac
    count() { wc -l <"$out/mutants.out/$1.txt"; }
    say "$package: $(count caught) caught, $(count timeout) timed out, $(count missed) missed, $(count unviable) do not compile ($((SECONDS - start)) s)"
    # By file and change, without the line: that moves.
    while read -r name; do
        if ! grep -qF "\`$name\`" docs/mutants.md; then
            say "  not in docs/mutants.md: $name"
            unnamed=$((unnamed + 1))
        fi
    done < <(sed 's/:[0-9]*:[0-9]*:/:/' "$out/mutants.out/missed.txt")
done
[ "$unnamed" -eq 0 ] || die "$unnamed changes survived that docs/mutants.md does not name"
