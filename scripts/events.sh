#!/usr/bin/env bash
# usage: scripts/events.sh [--help] [--check]
#
# Writes the tables of docs/events.md, between its two marks, from crates/interfaces.
#   --check  writes nothing; fails if they are not current

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

page=docs/events.md
src=crates/interfaces/src
export LC_ALL=C # else the order of files is the reader's language's
files=("$src"/*.rs)
# In the order in which somebody needs them.
for module in tick_stream payment_handler pricing_engine stream_registry pass_office patronage directory moderation admin; do
    files+=("$src/events/$module.rs")
done
[ "${#files[@]}" -eq $(($(find "$src" -name '*.rs' | wc -l) - 1)) ] || die "a file of events has no place in $page: name it in $0"

new=$(mktemp)
trap 'rm -f "$new"' EXIT
{
    sed '/^<!-- tables:/q' "$page"
    echo
    awk -f scripts/events.awk "${files[@]}"
    echo
    sed -n '/^<!-- end of tables -->$/,$p' "$page"
} >"$new"

if [ -n "$check" ]; then
    cmp -s "$new" "$page" || die "$page is not current: run scripts/events.sh"
else
    cat "$new" >"$page"
fi
