#!/usr/bin/env bash
# usage: scripts/bench-deploy.sh [--help]
#
# Measures the whole deployment to a local node, verified: by the equivalent sequence of `cargo contract` commands, and by
# `vilokanam deploy`. ROUNDS=3 of each in turn, each on a fresh node. Fails if ours takes more than half of the time.
#
# The sequence is the shortest that gives the same: each contract is uploaded and instantiated in one transaction, four second
# codes are uploaded, seven contracts are wired, one is made a moderator; then `info` of each shows its code, and a read its owner. The command
# returns once a block has its transaction; each is waited for here until that block is final, as our own command does. The
# node finalizes a block FINALIZE_DELAY=1 seconds after it is made (its own default). FINALITY=0 does not wait.

set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
export LC_ALL=C # for the decimal point of EPOCHREALTIME

case ${1:-} in -h | --help) usage && exit ;; esac
rounds=${ROUNDS:-3}
finality=${FINALITY:-1}
program=$(command -v substrate-contracts-node || echo "${SUBSTRATE_CONTRACTS_NODE:-}")
[ -x "$program" ] || die "there is no substrate-contracts-node on the PATH, and SUBSTRATE_CONTRACTS_NODE names none"
ours=$CARGO_TARGET_DIR/debug/vilokanam
[ -x "$ours" ] || die "$ours is not built"
cargo contract --version >/dev/null 2>&1 || die "there is no \`cargo contract\`"

# The deployer, and others whom tokens are minted to: the accounts of development chains.
alice=5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY
others=(
    5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty
    5FLSigC9HGRKVhB9FiEo4Y3koPsNmBmLJbpXg2mp1hXcS59Y
    5DAAnrj7VHTznn2AWBemMuyBwZWs6FNFjdyVXUeYum3PTXFy
    5HGjWAeFDfFCWPsjFQdVV2Msvz2XtMktvgocEZcCj68kUMaw
)

milliseconds() { echo $((${EPOCHREALTIME/./} / 1000)); }

node=
stop_node() {
    [ -n "$node" ] || return 0
    kill "$node" 2>/dev/null || true
    wait "$node" 2>/dev/null || true
    node=
}
work=$(mktemp -d)
trap 'stop_node; rm -rf "$work"' EXIT

start_node() {
    local tries
    port=$((20000 + RANDOM % 10000))
    export VILOKANAM_URL=ws://127.0.0.1:$port
    "$program" --dev --tmp --no-prometheus --no-telemetry --port 0 --rpc-port "$port" \
        --finalize-delay-sec "${FINALIZE_DELAY:-1}" >/dev/null 2>&1 &
    node=$!
    for tries in $(seq 90); do
        kill -0 "$node" 2>/dev/null || die "the node ended"
        if [ -n "$(ask chain_getBlockHash)" ]; then return; fi
        sleep 1
    done
    die "the node does not answer after $tries seconds"
}

# ask METHOD [PARAMETERS]: prints the hash that the node answers; nothing if it does not.
ask() {
    local body="{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$1\",\"params\":[${2:-}]}"
    {
        printf 'POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n' >&3
        printf 'Content-Length: %d\r\n\r\n%s' "${#body}" "$body" >&3
        sed -n 's/.*"result":"\(0x[0-9a-f]*\)".*/\1/p' <&3
    } 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$port" || true
}

# Waits until the last block is final.
settle() {
    local last
    [ "$finality" = 1 ] || return 0
    last=$(ask chain_getBlockHash)
    until [ "$(ask chain_getFinalizedHead)" = "$last" ]; do
        kill -0 "$node" 2>/dev/null || die "the node ended"
        sleep 0.02
    done
}

# What a command's JSON says of a field, the first time it does.
field() { awk -F'"' -v key="$1" '$2 == key && !found { print $4; found = 1 }'; }

bundle() { echo "$ARTIFACTS/$1/$1.contract"; }

on_chain() {
    cargo contract "$@" --url "$VILOKANAM_URL" --suri //Alice -x --skip-confirm --output-json
    settle
}

# instantiate NAME ARGUMENTS...: prints the address.
instantiate() {
    local name=$1 said
    shift
    said=$(on_chain instantiate "$(bundle "$name")" --constructor new --args "$@")
    field contract <<<"$said"
}

# wire NAME ADDRESS SLOT=ADDRESS...
wire() {
    local name=$1 at=$2 slot all=()
    shift 2
    for slot in registry pricing payments meter passes patronage directory; do
        case " $* " in
            *" $slot="*) all+=("$slot: Some($(sed -n "s/^$slot=//p" < <(printf '%s\n' "$@")))") ;;
            *) all+=("$slot: None") ;;
        esac
    done
    on_chain call "$(bundle "$name")" --contract "$at" --message Administered::wire \
        --args "Wiring { $(printf ', %s' "${all[@]}" | cut -c3-) }" >/dev/null
}

# second NAME: uploads a second code, and prints its hash.
second() { on_chain upload "$(bundle "$1")" | field code_hash; }

sequence() {
    local genesis token registry pricing payments meter passes patronage directory moderation fees one name minted
    genesis=$(ask chain_getBlockHash 0)
    minted=$(printf ', (%s, 200000000000000000000)' "$alice" "${others[@]}")
    token=$(instantiate vlk_token "[${minted#, }]" 0 "$genesis" "$(second vlk_permit)")
    registry=$(instantiate stream_registry 0)
    pricing=$(instantiate pricing_engine 0 "$(second pricing_plans)")
    fees="FeeSchedule { standard_bps: 1000, premium_bps: 1500, subscription_bps: 2000, tips_bps: 500, referral_bps: 1000 }"
    payments=$(instantiate payment_handler "$alice" "$fees" "[$token]" 0 "$(second payment_desk)")
    meter=$(instantiate tick_stream "$genesis" 3600000 0 "$(second tick_lifecycle)")
    passes=$(instantiate pass_office 0)
    patronage=$(instantiate patronage 0)
    directory=$(instantiate directory 0)
    moderation=$(instantiate moderation 10000000000000 "$alice" 0)
    wire pricing_engine "$pricing" "registry=$registry" "payments=$payments" "passes=$passes"
    wire payment_handler "$payments" "meter=$meter" "passes=$passes" "patronage=$patronage"
    wire tick_stream "$meter" "registry=$registry" "pricing=$pricing" "payments=$payments" "patronage=$patronage"
    wire pass_office "$passes" "registry=$registry" "payments=$payments"
    wire patronage "$patronage" "registry=$registry" "payments=$payments" "meter=$meter" "directory=$directory"
    wire directory "$directory" "registry=$registry"
    wire moderation "$moderation" "registry=$registry"
    on_chain call "$(bundle stream_registry)" --contract "$registry" --message StreamRegistry::set_moderator \
        --args "$moderation" true >/dev/null
    deployed=$(milliseconds)
    for one in vlk_token:$token stream_registry:$registry pricing_engine:$pricing payment_handler:$payments tick_stream:$meter \
        pass_office:$passes patronage:$patronage directory:$directory moderation:$moderation; do
        name=${one%:*}
        cargo contract info --contract "${one#*:}" --url "$VILOKANAM_URL" --output-json | grep code_hash >/dev/null
        cargo contract call "$(bundle "$name")" --contract "${one#*:}" --message Administered::administration \
            --url "$VILOKANAM_URL" --suri //Alice --output-json | grep "$alice" >/dev/null
    done
}

median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

# deploy ROUND: ours, which verifies too.
deploy() {
    sed "s|^endpoints = .*|endpoints = [\"$VILOKANAM_URL\"]|" deployer/config/local.toml >"$work/bench.toml"
    "$ours" deploy --network bench --config "$work" --record "$work/$1.json" --json >/dev/null
}

deploying=()
verified=()
by_us=()
for ((round = 1; round <= rounds; round++)); do
    start_node
    begun=$(milliseconds)
    sequence
    done=$(milliseconds)
    stop_node
    deploying+=($((deployed - begun)))
    verified+=($((done - begun)))
    start_node
    begun=$(milliseconds)
    deploy "$round"
    done=$(milliseconds)
    stop_node
    by_us+=($((done - begun)))
    say "round $round: cargo contract ${deploying[-1]} ms, ${verified[-1]} ms with the look at what is there; vilokanam deploy ${by_us[-1]} ms"
done

theirs=$(median "${verified[@]}")
ours=$(median "${by_us[@]}")
echo "cargo contract, 21 transactions:     $(median "${deploying[@]}") ms"
echo "cargo contract, and 18 reads:        $theirs ms"
echo "vilokanam deploy, 30 transactions and its verification: $ours ms"
[ $((ours * 2)) -le "$theirs" ] || die "more than half"
