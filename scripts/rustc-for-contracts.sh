#!/usr/bin/env bash
# usage: called by cargo in place of rustc, on behalf of cargo-for-contracts.sh
#
# cargo names each crate of ours by a hash of the folder it lies in, and the compiler orders code by these names: two
# clones would get different code from the same sources. This names them by what they are called.

set -euo pipefail
arguments=()
crate=
for argument in "$@"; do
    case $argument in metadata=*) [[ " $VILOKANAM_CRATES " != *" $crate "* ]] || argument=metadata=$crate ;; esac
    [ "${previous:-}" != --crate-name ] || crate=$argument
    previous=$argument
    arguments+=("$argument")
done
exec "${arguments[@]}" --remap-path-prefix "$VILOKANAM_ROOT=."
