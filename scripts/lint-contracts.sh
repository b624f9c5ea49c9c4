#!/usr/bin/env bash
# usage: scripts/lint-contracts.sh [--help]
#
# Fails if code that goes on chain could panic on purpose or is unsafe: `panic!` and its kin, assertions, `unsafe`. Clippy refuses `unwrap`,
# `expect` and indexing (`make lint`), but cannot tell these from what the macros of ink! and of the codec write. Tests may do all of it, and
# `scripts/rlibc` copies memory, which is unsafe by nature (docs/decisions/0016).

set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

case ${1:-} in
    '') ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
esac

# Each file up to its tests, which come last, comments taken out.
refused() {
    awk '
        /^[[:space:]]*#\[cfg\(test\)\]/ { test = FNR }
        # Of a module of tests that stands here, the rest of the file; of `mod tests;` or one item, no more than that.
        test && FNR <= test + 3 && /^[[:space:]]*mod [a-z_]+ [{]/ { nextfile }
        { line = $0; sub(/\/\/.*/, "", line); sub(/const [{] assert!/, "", line) } # the compiler checks that one
        line ~ /(^|[^a-z_:])(panic|unreachable|todo|unimplemented|assert|assert_eq|assert_ne)!/ ||
            line ~ /(^|[^a-z_])unsafe([^a-z_]|$)/ && line !~ /forbid\(unsafe_code\)/ {
            printf "%s:%d: %s\n", FILENAME, FNR, $0
            found = 1
        }
        FNR == 1 { test = 0 }
        END { exit !found }
    ' "$@"
}

mapfile -t files < <(
    find contracts/*/ crates/{admin,interfaces,math,money,prices,sessions,voucher}/src \
        -name '*.rs' ! -name tests.rs | sort
)
[ ${#files[@]} -gt 30 ] || die "found only ${#files[@]} files: have they moved?"
! refused "${files[@]}" || die "code that goes on chain must not panic, nor be unsafe"
say "${#files[@]} files that go on chain: none panics on purpose, none is unsafe"
