#!/usr/bin/env bash
# usage: scripts/build-contracts.sh [--help] [--check] [--fixtures] [NAME...]
#
# Builds the contracts (all, or those named) to release Wasm: <target>/ink/NAME/NAME.{wasm,contract,json}.
# One whose sources, dependencies and compiler have not changed is left as it is.
#   --check     builds nothing; fails if a contract is out of date
#   --fixtures  also builds the contracts that only tests use, in e2e-tests/fixtures

set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

check=
fixtures=
names=()
for argument in "$@"; do
    case $argument in
        -h | --help) usage && exit ;;
        --check) check=1 ;;
        --fixtures) fixtures=1 ;;
        -*) usage >&2 && exit 2 ;;
        *) names+=("$argument") ;;
    esac
done

folders=()
if [ ${#names[@]} -eq 0 ]; then
    for folder in contracts/*/ ${fixtures:+e2e-tests/fixtures/*/}; do
        [ ! -e "$folder/Cargo.toml" ] || folders+=("${folder%/}")
    done
else
    for name in "${names[@]}"; do
        for folder in contracts/"$name" e2e-tests/fixtures/"$name" ''; do
            [ ! -e "$folder/Cargo.toml" ] || break
        done
        [ -n "$folder" ] || die "no contract is called $name"
        folders+=("$folder")
    done
fi

toolchain=$(scripts/setup.sh)
out=$ARTIFACTS
shared=$out/.shared
mkdir -p "$shared"/{wasm32-unknown-unknown,release}

# One build at a time; it is released when this process ends, however it ends.
exec 9>"$out/.lock"
flock --nonblock 9 || {
    say "contracts: waiting for another build to end"
    flock 9
}

compiler=$(compiler "$toolchain")

# Everything that decides the code of the contract in folder $1, as one hash: the versions and features of its
# dependencies, the sources of those that are ours (tests excepted), the compiler, and how we call it.
stamp_of() {
    local tree
    tree=$(cargo tree --manifest-path "$1/Cargo.toml" --locked --edges normal,build --prefix none --format '{p} {f}' |
        sort -u)
    {
        echo "$compiler"
        echo "${tree//"$ROOT"/}"
        sed -n 's|^.* (\(/[^)]*\)).*|\1|p' <<<"$tree" | sort -u | sed "s|^$ROOT/||" | while read -r package; do
            find "$package" -type f \( -name '*.rs' -o -name '*.toml' \) ! -path '*/tests/*' ! -path '*/benches/*' \
                ! -name tests.rs -print0
        done | sort -z | xargs -0 sha256sum
        # Another version of a contract is made of its sources.
        ! [[ $1 =~ ([a-z_]+)_v[0-9]+$ ]] ||
            find "contracts/${BASH_REMATCH[1]}" -name '*.rs' ! -name tests.rs -print0 | sort -z | xargs -0 sha256sum
        sha256sum scripts/{build,cargo-for,rustc-for}-contracts.sh scripts/rlibc/{Cargo.toml,src/lib.rs}
    } | sha256sum | cut -d' ' -f1
}

# Runs the command with its output in the file $1, and tells every 20 seconds where it is.
with_progress() {
    local log=$1 start=$SECONDS
    shift
    "$@" >"$log" 2>&1 &
    local pid=$!
    # shellcheck disable=SC2064 # the process of now
    trap "kill $pid 2>/dev/null; exit 130" INT TERM
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        if [ $((SECONDS - start)) -ge 20 ]; then
            start=$SECONDS
            say "    $(sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -E '^ *(Checking|Compiling|Downloaded|Blocking|\[==\])' | tail -1)"
        fi
    done
    trap - INT TERM
    wait "$pid"
}

# cargo tells by the files' times what has changed, and they can lie (a restored cache, an older checkout). Our own
# crates compile in seconds, so they are compiled anew once something changed.
forget() {
    local name
    for name in "$@"; do
        find "$shared" -type d -path "*/.fingerprint/$name-*" -prune -exec rm -rf {} +
    done
}

build() {
    local folder=$1 name=$2 stamp=$3 dir=$out/$2 start=$SECONDS part
    mkdir -p "$dir"
    # cargo-contract gives each contract a target folder; through these links they share the compiled dependencies.
    for part in wasm32-unknown-unknown release; do
        [ -L "$dir/$part" ] || rm -rf "${dir:?}/$part"
        ln -sfn "../.shared/$part" "$dir/$part"
    done
    # No old artifact outlives its stamp. Besides, cargo-contract would take an existing .wasm for the result of
    # this build if cargo has nothing to do, as after an interruption.
    rm -f "$dir/$name".{stamp,wasm,contract,json}
    forget "$name" metadata-gen
    if ! with_progress "$dir/build.log" env -u INK_STATIC_BUFFER_SIZE RUST_BACKTRACE=0 RUSTUP_TOOLCHAIN="$toolchain" \
        CARGO="$ROOT/scripts/cargo-for-contracts.sh" VILOKANAM_HOST_DIR="$shared/host" \
        cargo-contract contract build --release --manifest-path "$folder/Cargo.toml"; then
        cat "$dir/build.log" >&2
        die "$name does not build"
    fi
    for part in wasm contract json; do
        [ -s "$dir/$name.$part" ] || die "cargo-contract made no $dir/$name.$part: is the package called as its folder?"
    done
    echo "$stamp" >"$dir/$name.stamp.new"
    mv "$dir/$name.stamp.new" "$dir/$name.stamp"
    say "$(printf '  %-18s %7d bytes  built in %d s' "$name" "$(stat -c %s "$dir/$name.wasm")" "$((SECONDS - start))")"
}

is_current() {
    local part
    for part in wasm contract json; do
        [ -s "$out/$1/$1.$part" ] || return 1
    done
    [ "$(cat "$out/$1/$1.stamp" 2>/dev/null)" = "$2" ]
}

stale=0
for folder in "${folders[@]}"; do
    name=$(basename "$folder")
    stamp=$(stamp_of "$folder")
    if is_current "$name" "$stamp"; then
        say "$(printf '  %-18s %7d bytes  unchanged' "$name" "$(stat -c %s "$out/$name/$name.wasm")")"
    elif [ -n "$check" ]; then
        say "$(printf '  %-18s out of date' "$name")"
        stale=$((stale + 1))
    else
        [ "$stale" -gt 0 ] || {
            say "contracts: building with $compiler; in an empty target folder the first one compiles the dependencies for all (about 5 minutes)"
            forget vilokanam
        }
        stale=$((stale + 1))
        build "$folder" "$name" "$stamp"
    fi
done
[ -z "$check" ] || [ "$stale" -eq 0 ] || die "$stale contracts are out of date: run make contracts"
