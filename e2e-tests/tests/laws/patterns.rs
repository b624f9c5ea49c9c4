//! Laws on their own: the same time watched in other patterns, and what a message costs with more history.

use crate::base::Start;
use crate::choose::vouchers::{key_of, plain};
use crate::world::{World, EXIT_DELAY_MS, RATE};
use proptest::{collection::vec, prelude::*};
use vilokanam_chain::{account, Calls};
use vilokanam_e2e::model::{Action, MeterCall, PricingCall};
use vilokanam_interfaces::{
    AccountId, AssetRate, Balance, Discount, Millis, OpenRequest, PaymentHandler, Peak, PlanKind,
    PlanRules, PricingEngine, SessionId, SessionNo, StreamId, TickLifecycle, TickStream, Tier,
    FACTOR_ONE, NATIVE,
};

const HOLD: Balance = RATE * 3_600;

fn world() -> World {
    crate::begin_at(Start::Quick)
}

/// A session of `viewer` on a stream, with no limits but its hold.
fn open(world: &mut World, viewer: &str, stream: StreamId) -> SessionId {
    open_with(world, viewer, stream, None)
}

/// The same, billed by vouchers of a key if there is one.
fn open_with(
    world: &mut World,
    viewer: &str,
    stream: StreamId,
    key: Option<AccountId>,
) -> SessionId {
    let viewer = account(viewer);
    let request = OpenRequest {
        stream,
        asset: NATIVE,
        hold: HOLD,
        ceiling: Balance::MAX,
        until_ms: None,
        referrer: Some(account("ghost")),
        key,
        discount: Discount::None,
        sponsor: None,
    };
    let opened = world.act(viewer, 0, Action::Meter(MeterCall::Open(request)));
    opened.expect("chain and model agree");
    let number = world.model.viewer(viewer).sessions;
    SessionId { viewer, number }
}

fn meter(world: &mut World, caller: AccountId, call: MeterCall) {
    let done = world.act(caller, 0, Action::Meter(call));
    done.expect("chain and model agree");
}

/// What everybody has at the end: payable balances and pools.
fn money(world: &mut World) -> Vec<Balance> {
    let payments = world.suite.payments();
    let mut money = Vec::new();
    for name in ["alice", "bob", "cohost", "ghost", "carol", "erin"] {
        let payable = world.read(payments.payable(account(name), NATIVE));
        money.push(payable.expect("readable"));
        let pool = world.read(payments.pool(account(name), NATIVE));
        money.push(pool.expect("readable").free);
    }
    let totals = world.read(payments.totals(NATIVE)).expect("readable");
    money.push(totals.fees);
    money
}

/// Two viewers watch the same evening; `settled` says who settles what after each span.
fn evening(spans: &[Millis], settled: &[u8]) -> Vec<Balance> {
    evening_in(world(), spans, settled)
}

/// A world whose first stream has a plan of which every mark comes soon.
fn planned() -> World {
    let mut world = world();
    let minute = (world.model.now_ms / 60_000 % 1_440) as u16;
    let tier = |after_ms, factor| Tier { after_ms, factor };
    let peak = |from_min, factor| Peak {
        from_min,
        to_min: from_min + 1,
        factor,
    };
    // Nothing of it passes midnight.
    let minute = minute.min(1_430);
    let kind = PlanKind::Rules(PlanRules {
        preview_ms: 20_001,
        tiers: vec![tier(60_500, 1_234_567), tier(150_000, 333_333)],
        peaks: vec![peak(minute + 1, 2_500_001), peak(minute + 3, 0)],
        standard: 999_983,
        premium: FACTOR_ONE,
        subscription: FACTOR_ONE,
        categories: Vec::new(),
        audience: Vec::new(),
        stakers: FACTOR_ONE,
    });
    let plan = PricingCall::SetPlan { stream: 1, kind };
    let done = world.act(account("alice"), 0, Action::Pricing(plan));
    done.expect("chain and model agree");
    world
}

fn evening_in(mut world: World, spans: &[Millis], settled: &[u8]) -> Vec<Balance> {
    let carol = open(&mut world, "carol", 1);
    let erin = open(&mut world, "erin", 1);
    let stranger = account("stranger");
    for (place, ms) in spans.iter().enumerate() {
        world.wait(*ms);
        match settled.get(place).copied().unwrap_or(0) {
            1 => meter(&mut world, stranger, MeterCall::Settle(carol)),
            2 => {
                let ids = vec![erin, carol, erin];
                meter(&mut world, stranger, MeterCall::SettleMany(ids));
            }
            3 => {
                let (stream, page) = (1, 0);
                meter(&mut world, stranger, MeterCall::SettlePage { stream, page });
                meter(&mut world, stranger, MeterCall::Settle(erin));
            }
            4 => {
                // No time passes between them.
                meter(&mut world, carol.viewer, MeterCall::Pause(carol.number));
                meter(&mut world, carol.viewer, MeterCall::Resume(carol.number));
            }
            _ => {}
        }
    }
    for id in [carol, erin] {
        meter(&mut world, id.viewer, MeterCall::Close(id.number));
    }
    money(&mut world)
}

/// Two viewers sign for the same evening after each span; `redeemed` says which vouchers are redeemed, and how.
fn signed_evening(spans: &[Millis], redeemed: &[u8]) -> Vec<Balance> {
    let mut world = world();
    let key = Some(key_of(0));
    let ids = [
        open_with(&mut world, "carol", 1, key),
        open_with(&mut world, "erin", 1, key),
    ];
    let stranger = account("stranger");
    let mut ms = 0;
    for (place, span) in spans.iter().enumerate() {
        world.wait(*span);
        ms += span;
        let last = place + 1 == spans.len();
        let [carol, erin] = ids.map(|id| plain(&world, id, ms, RATE * Balance::from(ms) / 1_000));
        match redeemed.get(place).copied().unwrap_or(0) {
            _ if last => {
                let all = vec![carol, erin];
                meter(&mut world, stranger, MeterCall::RedeemMany(all));
            }
            1 => meter(&mut world, stranger, MeterCall::Redeem(carol)),
            2 => {
                let all = vec![erin.clone(), carol, erin];
                meter(&mut world, stranger, MeterCall::RedeemMany(all));
            }
            3 => {
                // The same voucher twice, and one that is older.
                let older = plain(&world, ids[1], ms - 1, 1);
                meter(&mut world, stranger, MeterCall::Redeem(erin.clone()));
                for voucher in [erin, older] {
                    meter(&mut world, stranger, MeterCall::Redeem(voucher));
                }
            }
            _ => {}
        }
    }
    for id in ids {
        meter(&mut world, id.viewer, MeterCall::Close(id.number));
    }
    world.wait(EXIT_DELAY_MS);
    for id in ids {
        let at = world.model.seat_of(id).expect("it was opened");
        meter(&mut world, stranger, MeterCall::FinishClose(at));
    }
    money(&mut world)
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 8,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    /// Whoever settles what, how often and in what order: everybody ends with the same.
    #[test]
    fn law_08_any_pattern_of_settling_gives_the_same(
        spans in vec(1u64..100_000, 1..8),
        settled in vec(0u8..4, 8),
    ) {
        prop_assert_eq!(evening(&spans, &settled), evening(&spans, &[]));
    }

    /// The same across the end of a preview, tiers and windows.
    #[test]
    fn law_08_any_pattern_of_settling_gives_the_same_on_a_plan(
        spans in vec(1u64..100_000, 1..8),
        settled in vec(0u8..5, 8),
    ) {
        let settled = evening_in(planned(), &spans, &settled);
        prop_assert_eq!(settled, evening_in(planned(), &spans, &[]));
    }

    /// Whichever vouchers are redeemed on the way, how often and in what order: the newest of each decides.
    #[test]
    fn law_11_any_pattern_of_redeeming_gives_the_same(
        spans in vec(1u64..100_000, 1..8),
        redeemed in vec(0u8..4, 8),
    ) {
        prop_assert_eq!(signed_evening(&spans, &redeemed), signed_evening(&spans, &[]));
    }

    /// Pausing and resuming in the same instant changes nothing.
    #[test]
    fn law_14_a_pause_of_no_time_changes_nothing(
        spans in vec(1u64..100_000, 1..8),
        paused in vec(prop_oneof![Just(0u8), Just(4u8)], 8),
    ) {
        prop_assert_eq!(evening(&spans, &paused), evening(&spans, &[]));
    }
}

/// The reference time of a message, if it were sent now; `None` if it is refused.
fn cost<T, E: std::fmt::Debug, M>(world: &mut World, caller: AccountId, message: M) -> u64
where
    M: vilokanam_chain::Message<Output = Result<T, E>>,
{
    let sent = world.chain.quote(caller, message).expect("no trap");
    let sent = sent.accepted().expect("not refused");
    sent.receipt.ref_time
}

/// What opening, settling, closing and repricing cost now.
fn costs(world: &mut World) -> [(&'static str, u64); 4] {
    let carol = account("carol");
    let (meter, mut pricing) = (world.suite.meter(), world.suite.pricing());
    let number: SessionNo = world.model.viewer(carol).sessions;
    let id = SessionId {
        viewer: carol,
        number,
    };
    let request = OpenRequest {
        stream: 1,
        asset: NATIVE,
        hold: HOLD,
        ceiling: Balance::MAX,
        until_ms: None,
        referrer: None,
        key: None,
        discount: Discount::None,
        sponsor: None,
    };
    let rates = vec![AssetRate {
        asset: NATIVE,
        rate_per_sec: RATE,
    }];
    let (mut a, mut b, mut c) = (world.suite.lifecycle(), meter, world.suite.lifecycle());
    [
        ("open", cost(world, account("stranger"), a.open(request))),
        ("settle", cost(world, carol, b.settle(id))),
        ("close", cost(world, carol, c.close(number))),
        (
            "set_rates",
            cost(world, account("bob"), pricing.set_rates(2, rates)),
        ),
    ]
}

/// With many closed sessions, streams, viewers and payments behind them, messages cost what they cost before.
#[test]
fn law_20_no_message_costs_more_with_more_history() {
    let mut world = world();
    // Each cell that the messages touch exists already: the first of everything is dearer.
    let first = open(&mut world, "carol", 1);
    world.wait(5_000);
    meter(&mut world, first.viewer, MeterCall::Close(first.number));
    open(&mut world, "carol", 1);
    world.wait(5_000);
    let before = costs(&mut world);
    let number = world.model.viewer(account("carol")).sessions;
    meter(&mut world, account("carol"), MeterCall::Close(number));

    for _ in 0..15 {
        for viewer in ["carol", "erin", "dave"] {
            let id = open(&mut world, viewer, 1);
            world.wait(1_000);
            meter(&mut world, id.viewer, MeterCall::Settle(id));
            meter(&mut world, id.viewer, MeterCall::Close(id.number));
        }
        let register = vilokanam_e2e::model::RegistryCall::Register {
            cid: crate::world::CID.into(),
            class: vilokanam_interfaces::Class::Standard,
            category: 1,
            owner_bps: 10_000,
            cohosts: Vec::new(),
        };
        let registered = world.act(account("alice"), 0, Action::Registry(register));
        registered.expect("chain and model agree");
    }
    open(&mut world, "carol", 1);
    world.wait(5_000);
    let after = costs(&mut world);
    for ((message, before), (_, after)) in before.into_iter().zip(after) {
        println!("{message}: {before} ps before, {after} ps after");
        assert!(
            after <= before + before / 20,
            "{message} cost {before}, and costs {after}"
        );
    }
}
