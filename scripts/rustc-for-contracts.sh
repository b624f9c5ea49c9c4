#!/usr/bin/env bash
# usage: called by cargo in place of rustc, on behalf of cargo-for-contracts.sh
#
# cargo names each crate of ours by a hash of the folder it lies in, and each crate that depends on one by a hash of that; and the
# compiler orders code by these names: two clones would get different code from the same sources. This names all
# that Cargo.lock has (the standard library is not there) by what they are called and their version.

set -euo pipefail
arguments=()
crate=
for argument in "$@"; do
    case $argument in metadata=*) [[ " $VILOKANAM_CRATES " != *" $crate "* ]] || argument=metadata=$crate-$CARGO_PKG_VERSION ;; esac
    [ "${previous:-}" != --crate-name ] || crate=$argument
    previous=$argument
    arguments+=("$argument")
done
exec "${arguments[@]}" --remap-path-prefix "$VILOKANAM_ROOT=."
