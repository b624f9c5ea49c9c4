#!/usr/bin/env bash
# usage: scripts/check-vectors.sh [--help] [--no-install] [VECTORS.JSON]
#
# Checks the vouchers' test vectors (crates/voucher/vectors.json unless another file is named) with an independent
# implementation on Node.js, crates/voucher/check. Its packages are installed from the npm registry, in the versions
# of package-lock.json, into <target>/voucher-check.
#   --no-install  installs nothing; where Node.js or the packages are missing, says so and exits with 3

set -euo pipefail
. "$(dirname "$0")/lib.sh"

install=1
vectors=$ROOT/crates/voucher/vectors.json
for argument in "$@"; do
    case $argument in
        -h | --help) usage && exit ;;
        --no-install) install= ;;
        -*) usage >&2 && exit 2 ;;
        *) vectors=$(realpath "$argument") ;;
    esac
done

missing() {
    say "check-vectors: $*"
    exit 3
}

command -v node >/dev/null ||
    missing "Node.js is not installed: install version 18 or newer with npm (on Debian: apt-get install -y nodejs npm)"

source=$ROOT/crates/voucher/check
folder=$CARGO_TARGET_DIR/voucher-check
mkdir -p "$folder"
# One at a time; it is released when this process ends.
exec 9>"$folder/.lock"
flock 9

# The mark is left once npm got to the end.
if ! cmp -s "$source/package-lock.json" "$folder/installed"; then
    [ -n "$install" ] || missing "the packages of crates/voucher/check are not installed: run scripts/check-vectors.sh"
    command -v npm >/dev/null || missing "npm is not installed (on Debian: apt-get install -y npm)"
    say "check-vectors: installing $(grep -c '"node_modules/' "$source/package-lock.json") packages from the npm registry"
    rm -f "$folder/installed"
    cp "$source"/package{,-lock}.json "$folder/"
    (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
    cp "$source/package-lock.json" "$folder/installed"
fi

# Node.js looks for packages beside the script.
cp "$source/check.mjs" "$folder/"
node "$folder/check.mjs" "$vectors"
