#!/usr/bin/env bash
# usage: scripts/planted.sh [--help] [--layers LIST] [--patches DIR] [NAME...]
#
# Plants the bugs of e2e-tests/planted, or those whose names begin so, one at a time in a copy of this checkout, and tells which layers of tests
# catch each, as rows of a table (docs/planted.md). Fails if one is caught by none. Takes some five minutes a bug, after a first
# build of half an hour; the copy stays in <target>/planted.
#   --layers LIST  of: unit (unit and property tests), stories, laws (random evenings), exhaustive, fuzz (the replayed corpora);
#                  all, with commas between, where not given
#   --patches DIR  plants those of another folder: each a patch of one change, whose first line says what it does

set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

layers=unit,stories,laws,exhaustive,fuzz
patches=$ROOT/e2e-tests/planted
names=()
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage && exit ;;
        --layers) layers=$2 && shift ;;
        --patches) patches=$(cd "$2" && pwd) && shift ;;
        -*) usage >&2 && exit 2 ;;
        *) names+=("$1") ;;
    esac
    shift
done
[ ${#names[@]} -gt 0 ] || names=('')

base=$CARGO_TARGET_DIR/planted
export CARGO_TARGET_DIR=$base/target
export VILOKANAM_ARTIFACTS=$CARGO_TARGET_DIR/ink
# The second of a failure is enough: nobody reads what it shrinks to.
export LAWS_RUNS=${LAWS_RUNS:-100} LAWS_STEPS=${LAWS_STEPS:-100} LAWS_SHRINK_MS=1 PROPTEST_MAX_SHRINK_ITERS=100 CASES=${CASES:-2000}
mkdir -p "$base"
exec 9>"$base/.lock"
flock --nonblock 9 || die "scripts/planted.sh runs already"

say "copying the checkout"
rm -rf "$base/tree"
mkdir -p "$base/tree"
git ls-files -z | xargs -0 cp --parents -t "$base/tree"
cd "$base/tree"
onchain=()
for folder in contracts/*/ crates/{admin,interfaces,math,money,prices,sessions,voucher}/; do
    onchain+=(-p "$(sed -n 's/^name = "\(.*\)"/\1/p' "$folder/Cargo.toml" | head -1)")
done

run_layer() {
    case $1 in
        unit) CARGO_TARGET_DIR=$base/unit cargo test --locked --no-fail-fast "${onchain[@]}" --features vilokanam-voucher/sign ;;
        stories) cargo test --workspace --locked --test stories -- --skip every_story_is_told_on_a_node ;;
        laws) cargo test --workspace --locked --test laws -- laws_hold_on_random_evenings law_ ;;
        exhaustive) cargo test --workspace --locked --test exhaustive ;;
        fuzz) cargo test --workspace --locked --test corpus --test dispatch ;;
    esac
}

# What a layer says of the bug: how many tests failed, and the first.
caught_by() {
    local log=$base/$2.$1.log failed first
    if run_layer "$1" >"$log" 2>&1; then
        echo "-"
        return
    fi
    failed=$(grep -cE '^test .* FAILED$' "$log" || true)
    first=$(grep -m1 -E '^test [^ ]+.* FAILED$' "$log" | cut -d' ' -f2 || true)
    if [ "$failed" -gt 0 ]; then
        echo "$failed: \`${first##*::}\`"
    else
        echo "does not run: $(grep -m1 -E '^error|panicked' "$log" | tr '|' '/')"
    fi
}

# The contracts as they are, to return to after each bug.
say "building the contracts as they are"
scripts/build-contracts.sh --fixtures
rm -rf "$base/pristine"
mkdir "$base/pristine"
cp -a "$VILOKANAM_ARTIFACTS"/[a-z]* "$base/pristine"

header="| bug | what is wrong |"
rule="| --- | --- |"
for layer in ${layers//,/ }; do
    header+=" $layer |"
    rule+=" --- |"
done
printf '%s\n%s\n' "$header" "$rule"
missed=0
for name in "${names[@]}"; do
    for patch in "$patches/$name"*.patch; do
        bug=$(basename "$patch" .patch)
        start=$SECONDS
        patch --quiet -p1 <"$patch" || die "$bug does not apply any more"
        row="| $bug | $(head -1 "$patch") |"
        found=
        if scripts/build-contracts.sh >"$base/$bug.build.log" 2>&1; then
            for layer in ${layers//,/ }; do
                caught=$(caught_by "$layer" "$bug")
                [[ $caught != [0-9]* ]] || found=1 # what does not run has caught nothing
                row+=" $caught |"
            done
        else
            row+=" does not build |"
        fi
        patch --quiet -R -p1 <"$patch"
        cp -a "$base/pristine"/* "$VILOKANAM_ARTIFACTS"
        say "$bug: $((SECONDS - start)) s"
        echo "$row"
        [ -n "$found" ] || missed=$((missed + 1))
    done
done
[ "$missed" -eq 0 ] || die "$missed bugs were caught by no layer"
