#!/usr/bin/env bash
# usage: scripts/verify-build.sh [--help] [RECORD]
#
# Builds the contracts from nothing, in a folder of its own, and compares the hashes of their codes with those that
# metadata/sizes.json records, or with those of a deployment: RECORD is its deployments/NETWORK.json. Fails if one differs, or if
# the compiler is not the one of metadata/compiler.txt, whose code alone has those hashes. Takes about 6 minutes.

set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

record=
case ${1:-} in
    '') ;;
    -h | --help) usage && exit ;;
    -*) usage >&2 && exit 2 ;;
    *)
        record=$1
        [ -e "$record" ] || die "there is no record $record"
        ;;
esac

toolchain=$(scripts/setup.sh)
compiler=$(compiler "$toolchain")
[ "$compiler" = "$(cat metadata/compiler.txt)" ] ||
    die "this is $compiler; the hashes are of $(cat metadata/compiler.txt). Name that toolchain in VILOKANAM_INK_TOOLCHAIN"

anew=$(mktemp -d)
trap 'rm -rf "$anew"' EXIT
CARGO_TARGET_DIR=$anew scripts/build-contracts.sh

failed=0
for folder in contracts/*/; do
    name=$(basename "$folder")
    hash=$(code_hash "$anew/ink/$name/$name.wasm")
    if [ -n "$record" ]; then
        expected=$(deployed_hash "$record" "$name")
        expected=${expected:-"not in $record"}
    else
        expected=$(recorded_hash "$name")
    fi
    if [ "$hash" = "$expected" ]; then
        say "$(printf '  %-16s %s  as recorded' "$name" "$hash")"
    else
        say "$(printf '  %-16s %s  differs: %s' "$name" "$hash" "$expected")"
        failed=1
    fi
done
[ "$failed" -eq 0 ] || die "these sources do not make the recorded codes"
say "verify-build: these sources make the recorded codes"
