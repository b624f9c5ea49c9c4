#!/usr/bin/env bash
# usage: scripts/run-tests.sh [--help] [JOBS]
#
# Compiles the workspace's tests, and runs what they are compiled to, JOBS programs at a time (3): those with a node or a
# clock mostly wait, and cargo runs one program after the other. Prints each one's output when it ends; fails if one fails.

set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

jobs=3
case ${1:-} in
    '') ;;
    -h | --help) usage && exit ;;
    [1-9] | [1-9][0-9]) jobs=$1 ;;
    *) usage >&2 && exit 2 ;;
esac

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cargo test --workspace --locked --no-run --message-format=json-render-diagnostics >"$out/built.json"
# Each program, after the folder of its package: there cargo would run it.
sed -n 's/^{"reason":"compiler-artifact".*"manifest_path":"\([^"]*\)\/Cargo.toml".*"profile":{[^}]*"test":true}.*"executable":"\([^"]*\)".*/\1 \2/p' \
    "$out/built.json" >"$out/programs"
count=$(wc -l <"$out/programs")
[ "$count" -gt 0 ] || die "cargo compiled no tests"

# Those of procedural macros need the compiler's own library, as cargo knows.
LD_LIBRARY_PATH=$(rustc --print target-libdir)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH

run_one() {
    local log status=0
    log=$(mktemp "$1/log.XXXXXX")
    (cd "$2" && CARGO_MANIFEST_DIR=$2 "$3") >"$log" 2>&1 || status=$?
    printf '\n     Running %s\n' "$(basename "$3" | sed 's/-[0-9a-f]*$//')"
    cat "$log"
    if [ "$status" -eq 0 ]; then
        echo "$3" >>"$1/passed"
    else
        echo "FAILED: $3" | tee -a "$1/failed"
    fi
}
export -f run_one
# The slow ones first, as far as their names tell. At the end, each alone: what uses all the machine there is, and the deployer's tests. A
# node that seals when something arrives can leave a transaction in its pool if it gets no time then, and seals no more until the next.
slow='/(both|laws)-'
alone='/(cli|deploying|exhaustive|faults|operating)-'
{
    grep '/stories-' "$out/programs"
    grep -E "$slow" "$out/programs"
    grep -vE "/stories-|$slow|$alone" "$out/programs"
} >"$out/ordered"
touch "$out/passed" "$out/failed"
xargs -P "$jobs" -L 1 bash -c 'run_one "$0" "$1" "$2"' "$out" <"$out/ordered"
grep -E "$alone" "$out/programs" | xargs -L 1 bash -c 'run_one "$0" "$1" "$2"' "$out"
if [ "$(wc -l <"$out/passed")" -ne "$count" ]; then
    sort "$out/failed" >&2
    die "$((count - $(wc -l <"$out/passed"))) of $count test programs failed"
fi
cargo test --workspace --locked --doc --quiet
say "all $count test programs passed"
