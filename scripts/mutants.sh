#!/usr/bin/env bash
# usage: scripts/mutants.sh [--help] [PACKAGE...] [-- ARGUMENTS]
#        scripts/mutants.sh --on-chain missed|K/N [PACKAGE...]
#
# Changes the code of each package in one place at a time, and runs the package's tests, of which one should fail: cargo-mutants.
# Without PACKAGEs, those of docs/mutants.md. ARGUMENTS go to cargo-mutants: `-- --file rules.rs`, `-- --iterate` to try again
# only what was not caught. Property tests run CASES=64 cases. Prints a line for each package; what survived is in
# <target>/mutants/PACKAGE/mutants.out/missed.txt. Fails if docs/mutants.md does not name something that survived.
#
# With --on-chain, changes that need other contracts are tried on the embedded chain, by its stories: what the last run without it missed, or
# every N-th, from the K-th on, of those that .cargo/mutants.toml leaves out. Each is built to Wasm first: a minute or two a change. Prints the
# table of scripts/planted.sh, and fails if something survives that, too.

set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

VERSION=27.1.0
ALL=(vilokanam-math vilokanam-voucher vilokanam-money vilokanam-prices vilokanam-sessions vilokanam-admin vilokanam-interfaces
    payment_handler payment_desk pricing_engine pricing_plans tick_stream tick_lifecycle stream_registry pass_office patronage
    moderation directory vlk_token vlk_permit
    vilokanam-abi vilokanam-suite vilokanam-client vilokanam-deploy vilokanam-operate)
# Their other tests start nodes: what those alone run is not changed (.cargo/mutants.toml).
UNIT_TESTS_ONLY=' vilokanam-client vilokanam-deploy vilokanam-operate '

packages=()
on_chain=
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage && exit ;;
        --on-chain) on_chain=$2 && shift 2 ;;
        --) shift && break ;;
        -*) usage >&2 && exit 2 ;;
        *) packages+=("$1") && shift ;;
    esac
done
[ ${#packages[@]} -gt 0 ] || packages=("${ALL[@]}")

[ "$(cargo mutants --version 2>/dev/null)" = "cargo-mutants $VERSION" ] ||
    die "needs cargo-mutants: cargo install cargo-mutants --version $VERSION --locked"

# Puts each change of the package $1 that is named in the file $2 into the folder $3, as a patch.
write_patches() {
    cargo mutants --no-config --list --diff --package "$1" 2>/dev/null | awk -v names="$2" -v dir="$3" -v package="$1" '
        BEGIN { while ((getline name < names) > 0) wanted[name] = 1 }
        # A change is its name, and the lines of a diff until the next.
        /^(contracts|crates)\/[^ ]*:[0-9]+:[0-9]+: / {
            if (file) close(file)
            file = ""
            if (!($0 in wanted)) next
            file = sprintf("%s/%s-%03d.patch", dir, package, ++count)
            print > file
            next
        }
        file && /^\+\+\+ / { print "+++ b/" path > file; next }
        file && /^--- / { path = $2; print "--- a/" path > file; next }
        file { print > file }'
}

if [ -n "$on_chain" ]; then
    patches=$(mktemp -d)
    trap 'rm -rf "$patches"' EXIT
    for package in "${packages[@]}"; do
        if [ "$on_chain" = missed ]; then
            cp "$CARGO_TARGET_DIR/mutants/$package/mutants.out/missed.txt" "$patches/names"
        else
            # Without those that do not compile, as the configuration says why.
            cargo mutants --no-config --list --package "$package" 2>/dev/null | grep -vE 'with (Checked|AdminResult|Paid)::' |
                grep -vxFf <(cargo mutants --list --package "$package" 2>/dev/null) >"$patches/names" || true
        fi
        write_patches "$package" "$patches/names" "$patches"
    done
    if [ "$on_chain" != missed ]; then
        # In the order of their names, each N-th stays.
        printf '%s\n' "$patches"/*.patch | awk -v k="${on_chain%/*}" -v n="${on_chain#*/}" 'NR % n != k % n' | xargs rm -f
    fi
    say "$(find "$patches" -name '*.patch' | wc -l) changes to try on the embedded chain"
    scripts/planted.sh --layers stories --patches "$patches"
    exit
fi

# Apart, so that nobody takes what is built of changed code for the real.
root=$CARGO_TARGET_DIR/mutants
export CARGO_TARGET_DIR=$root/target
export CASES=${CASES:-64} PROPTEST_CASES=${PROPTEST_CASES:-64}
# What a change leaves as it was is not compiled again.
export CARGO_INCREMENTAL=1
unnamed=0
for package in "${packages[@]}"; do
    out=$root/$package
    mkdir -p "$out"
    start=$SECONDS status=0
    # No examples.
    tests=--tests
    [[ $UNIT_TESTS_ONLY != *" $package "* ]] || tests=--lib
    cargo mutants --package "$package" --output "$out" --cargo-arg="$tests" "$@" >"$out/log" 2>&1 || status=$?
    # 0: all caught; 2: some missed; 3: some timed out. Else nothing was measured.
    case $status in 0 | 2 | 3) ;; *)
        tail -20 "$out/log" >&2
        die "cargo-mutants failed on $package"
        ;;
    esac
    count() { wc -l <"$out/mutants.out/$1.txt"; }
    say "$package: $(count caught) caught, $(count timeout) timed out, $(count missed) missed, $(count unviable) do not compile ($((SECONDS - start)) s)"
    # By file and change, without the line: that moves.
    while read -r name; do
        if ! grep -qF "\`$name\`" docs/mutants.md; then
            say "  not in docs/mutants.md: $name"
            unnamed=$((unnamed + 1))
        fi
    done < <(sed 's/:[0-9]*:[0-9]*:/:/' "$out/mutants.out/missed.txt")
done
[ "$unnamed" -eq 0 ] || die "$unnamed changes survived that docs/mutants.md does not name"
