#!/usr/bin/env bash
# usage: scripts/deny.sh [--help] HOST_CRATE...
#
# Checks the dependencies by cargo-deny: licences, bans, duplicates, sources; all of the workspace's by deny.toml, and those of
# what goes on chain, that is all but the crates named, by contracts/deny.toml. Installs cargo-deny if it is missing
# (about 5 minutes). Known vulnerabilities need the internet: `cargo deny check advisories`.

set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

case ${1:-} in
    -h | --help) usage && exit ;;
    '' | -*) usage >&2 && exit 2 ;;
esac

if [[ $(cargo deny --version 2>/dev/null) != "cargo-deny $CARGO_DENY_VERSION" ]]; then
    say "deny: installing cargo-deny $CARGO_DENY_VERSION from crates.io (about 5 minutes on 2 cores)"
    env -u CARGO_TARGET_DIR cargo install cargo-deny --version "$CARGO_DENY_VERSION" --locked >&2
fi

# What it has to say is long, and of use only if something is wrong.
check() {
    local out
    if ! out=$(cargo deny --locked --workspace "$@" licenses bans sources 2>&1); then
        say "$out"
        die "cargo deny refuses a dependency"
    fi
    say "$(tail -1 <<<"$out")"
}

say "dependencies of everything:"
check check --hide-inclusion-graph
say "dependencies of what goes on chain:"
check "${@/#/--exclude=}" --no-default-features --exclude-dev --config contracts/deny.toml check --hide-inclusion-graph
