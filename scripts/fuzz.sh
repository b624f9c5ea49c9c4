#!/usr/bin/env bash
# usage: scripts/fuzz.sh [TARGET...]
#
# Fuzzes all targets, or those named: those of fuzz/ by libFuzzer, and `dispatch`, the contracts on the embedded chain. FUZZ_SECONDS (900) each,
# JOBS (2) at a time. The corpora grow in FUZZ_OUT (<target folder>/fuzz), and begin with what fuzz/corpus keeps; what fails is there
# too, in failures/, and the command that shows it again is printed. MINIMISE=1 puts what is worth keeping into fuzz/corpus at the end.
# Installs cargo-fuzz, where it is missing, and needs a nightly toolchain (FUZZ_TOOLCHAIN).

set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
case ${1:-} in -h | --help) usage && exit ;; esac

CARGO_FUZZ_VERSION=0.13.2
export FUZZ_SECONDS=${FUZZ_SECONDS:-900}
export FUZZ_OUT=${FUZZ_OUT:-$CARGO_TARGET_DIR/fuzz}
export VILOKANAM_ARTIFACTS=$ARTIFACTS
toolchain=${FUZZ_TOOLCHAIN:-nightly}
mapfile -t host < <(sed -n '/\[\[bin\]\]/,$s/^name = "\(.*\)"/\1/p' fuzz/Cargo.toml)
targets=("$@")
# The slow one first: the others run beside it.
[ $# -gt 0 ] || targets=(dispatch "${host[@]}")

for target in "${targets[@]}"; do
    [ -d "fuzz/corpus/$target" ] || die "no target is called $target: dispatch ${host[*]}"
done

if [ "${targets[*]}" != dispatch ]; then
    rustup run "$toolchain" rustc --version >/dev/null 2>&1 ||
        die "no toolchain $toolchain: rustup toolchain install nightly, or name one in FUZZ_TOOLCHAIN"
    if [[ $(cargo fuzz --version 2>/dev/null) != "cargo-fuzz $CARGO_FUZZ_VERSION" ]]; then
        say "fuzz: installing cargo-fuzz $CARGO_FUZZ_VERSION (two minutes)"
        env -u CARGO_TARGET_DIR cargo install cargo-fuzz --version "$CARGO_FUZZ_VERSION" --locked >&2
    fi
    say "fuzz: compiling the targets of fuzz/ with $toolchain (10 minutes, the first time)"
    # Without a sanitizer: there is no unsafe code in what is fuzzed, and it is twice as fast.
    CARGO_TARGET_DIR=$CARGO_TARGET_DIR/fuzz-build cargo "+$toolchain" fuzz build --sanitizer none >&2
    host=$(rustup run "$toolchain" rustc -vV | sed -n 's/^host: //p')
    export FUZZ_BIN=$CARGO_TARGET_DIR/fuzz-build/$host/release
fi
case " ${targets[*]} " in
    *' dispatch '*) cargo build --workspace --locked --quiet --bin fuzz-dispatch ;;
esac

fuzz_one() {
    local target=$1 corpus=$FUZZ_OUT/corpus/$1 failures=$FUZZ_OUT/failures/$1 log=$FUZZ_OUT/$1.log status=0
    local options=(-max_total_time="$FUZZ_SECONDS" -timeout=20 -artifact_prefix="$failures/" -print_final_stats=1 -use_value_profile=1)
    mkdir -p "$corpus" "$failures"
    echo "$target: $FUZZ_SECONDS s, into $log"
    if [ "$target" = dispatch ]; then
        cp -n fuzz/corpus/dispatch/* "$corpus"
        "$CARGO_TARGET_DIR/debug/fuzz-dispatch" "$corpus" --seconds "$FUZZ_SECONDS" --seed "${FUZZ_SEED:-1}" --failures "$failures" \
            >"$log" 2>&1 || status=$?
        sed -n '/^FAILED/,/again:/p' "$log"
        grep ' cases, ' "$log" | tail -1 | sed "s/^/$target: /"
    else
        [ ! -e "fuzz/dictionaries/$target" ] || options+=(-dict="fuzz/dictionaries/$target")
        "$FUZZ_BIN/$target" "$corpus" "fuzz/corpus/$target" "${options[@]}" >"$log" 2>&1 || status=$?
        if [ "$status" -ne 0 ]; then
            grep -A3 -E 'panicked|ERROR' "$log" || true
            sed -n "s|^.*Test unit written to \(.*\)|FAILED: $target. Again: $FUZZ_BIN/$target \1|p" "$log"
        fi
        grep DONE "$log" | tail -1 | sed "s/^/$target: /" || true
        grep -E 'stat::(number_of_executed_units|average_exec_per_sec)' "$log" | sed "s/^/$target: /" || true
    fi
    return "$status"
}
export -f fuzz_one

# The smallest of what does all that was done, or reaches all that was reached, in at most 256 bytes.
keep_one() {
    local target=$1 corpus=$FUZZ_OUT/corpus/$1
    if [ "$target" = dispatch ]; then
        cp -n "$corpus"/* fuzz/corpus/dispatch
        "$CARGO_TARGET_DIR/debug/fuzz-dispatch" fuzz/corpus/dispatch --minimise
    else
        "$FUZZ_BIN/$target" -merge=1 -use_counters=0 -max_len=256 "fuzz/corpus/$target" "$corpus" 2>&1 | tail -1
    fi
}

status=0
printf '%s\n' "${targets[@]}" | xargs -P "${JOBS:-2}" -I{} bash -euo pipefail -c 'fuzz_one {}' || status=1
if [ "${MINIMISE:-}" = 1 ] && [ "$status" -eq 0 ]; then
    for target in "${targets[@]}"; do keep_one "$target"; done
fi
[ "$status" -eq 0 ] || die "something failed: see above, and $FUZZ_OUT"
say "fuzz: nothing failed"
