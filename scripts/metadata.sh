#!/usr/bin/env bash
# usage: scripts/metadata.sh [--help] [--check]
#
# Writes metadata/ from the built contracts: NAME.json is the ABI (without the section on the compiler and the
# code, which differs between machines), sizes.json the size and the hash of each contract's code with the size we aim at,
# compiler.txt what they were built with. Warns above the aim, fails above the limit. Leaves gas.json and gas-core.json,
# which are `make bench`'s, as they are.
#   --check  writes nothing; fails if a file there is not what it would write. Where the compiler is another one, sizes may
#            differ by 2 %, and hashes are not compared.

set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

check=
case ${1:-} in
    '') ;;
    --check) check=1 ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
esac

limit=65536 # 64 KiB: what no contract may pass
aim() {
    case $1 in
        vlk_token | stream_registry) echo 24576 ;;
        *) echo 40960 ;;
    esac
}

# cargo-contract indents by two, so the section ends at its own closing brace.
abi() { sed '/^  "source": {$/,/^  },$/d' "$1"; }

size_in() { sed -n 's/^ *"'"$2"'": {.*"wasm_bytes": \([0-9]*\).*/\1/p' "$1" 2>/dev/null; }

new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
toolchain=$(scripts/setup.sh)
compiler "$toolchain" >"$new/compiler.txt"
same_compiler=
cmp -s "$new/compiler.txt" metadata/compiler.txt && same_compiler=1

failed=0
problem() {
    say "metadata: $*"
    failed=1
}

entries=()
for folder in contracts/*/; do
    name=$(basename "$folder")
    wasm=$ARTIFACTS/$name/$name.wasm
    [ -e "$wasm" ] || die "$name is not built: run make contracts"
    abi "$ARTIFACTS/$name/$name.json" >"$new/$name.json"
    size=$(stat -c %s "$wasm")
    aim=$(aim "$name")
    hash=$(code_hash "$wasm")
    entries+=("$(printf '  "%s": { "aim_bytes": %d, "wasm_bytes": %d, "code_hash": "%s" }' "$name" "$aim" "$size" "$hash")")
    if [ "$size" -gt "$limit" ]; then
        problem "$name has $size bytes of code, above the limit of $limit"
    elif [ "$size" -gt "$aim" ]; then
        say "metadata: warning: $name has $size bytes of code, above the aim of $aim"
    fi
    [ -n "$check" ] || continue

    cmp -s "$new/$name.json" "metadata/$name.json" || problem "metadata/$name.json is out of date"
    recorded=$(size_in metadata/sizes.json "$name" || true)
    allowed=0
    [ -n "$same_compiler" ] || allowed=$((${recorded:-0} / 50))
    difference=$((size - ${recorded:-0}))
    [ "${difference#-}" -le "$allowed" ] ||
        problem "metadata/sizes.json is out of date: $name has $size bytes, recorded are ${recorded:-none}"
    [ -z "$same_compiler" ] || [ "$(recorded_hash "$name")" = "$hash" ] ||
        problem "metadata/sizes.json is out of date: the code of $name has the hash $hash"
done
{
    echo '{'
    printf '%s\n' "${entries[@]}" | sort | sed '$!s/$/,/'
    echo '}'
} >"$new/sizes.json"

if [ -z "$check" ]; then
    mkdir -p metadata
    find metadata -type f ! -name 'gas*.json' -delete
    cp "$new"/* metadata/
    say "metadata: wrote $(find "$new" -name '*.json' | wc -l) files"
else
    for file in metadata/*.json; do
        [[ $file != metadata/gas*.json ]] || continue
        [ ! -e "$file" ] || [ -e "$new/$(basename "$file")" ] || problem "$file is of no contract"
    done
fi
[ "$failed" -eq 0 ] || die "metadata/ is not in order; where it is out of date, run make metadata and commit it"
