//! Random lives: whatever the meter settles when, the money is the same.

use super::{vouchers::signed, *};
use std::sync::atomic::{AtomicU32, Ordering};
use vilokanam_interfaces::{AudienceStep, Peak, PlanRules, Planned, Tier};

/// Vouchers that were paid.
static VOUCHERS: AtomicU32 = AtomicU32::new(0);

/// A small generator, so that a seed gives the same walk everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// The price track's way to the same number: from what is written down, on.
fn charged_onwards(model: &Model, id: SessionId) -> Charged {
    let session = model.session(id).unwrap();
    let over_ms = model.broadcast(session.stream, session.broadcast).unwrap();
    let item = ChargeItem {
        stream: session.stream,
        broadcast: session.broadcast,
        asset: session.asset,
        rate_per_sec: session.rate_per_sec,
        factor: session.factor,
        ceiling: session.ceiling,
        hold: session.hold - session.voucher_amount,
        accrued: session.accrued,
        since_ms: session.since_ms,
        running: session.state == SessionState::Running,
        stop_ms: over_ms.end_ms.min(session.until_ms.unwrap_or(Millis::MAX)),
        planned: Some(Planned {
            plan: session.plan,
            class: session.class,
            category: session.category,
            step: session.step,
            discount: session.discount,
            discount_until_ms: session.discount_until_ms,
            preview_ms: session.preview_ms,
            watched_ms: session.watched_ms,
        }),
    };
    model.charge(model.now_ms, &[item]).unwrap()[0]
}

fn check(model: &Model) {
    for id in model.open_sessions() {
        let onwards = charged_onwards(model, id);
        let life = model.life(id).unwrap();
        let (upto_ms, accrued, watched_ms) = model.charged(life, model.now_ms);
        let session = model.session(id).unwrap();
        assert_eq!((onwards.upto_ms, onwards.accrued), (upto_ms, accrued));
        assert_eq!(session.watched_ms + onwards.added_ms, watched_ms);
        let owed = model.owed(id).unwrap();
        let refundable = model.refundable(id).unwrap();
        assert_eq!(session.settled + owed + refundable, session.hold);
    }
}

/// A plan whose marks come soon.
fn random_plan(model: &Model, dice: &mut Dice) -> PlanKind {
    let factor = |dice: &mut Dice| 250_000 * dice.roll(9) as u32;
    let minute = (model.now_ms / 60_000 % 1_440) as u16;
    let peak = Peak {
        from_min: minute,
        to_min: (minute + 1 + dice.roll(2) as u16).min(1_440),
        factor: factor(dice),
    };
    let after_ms = 1 + dice.roll(30_000);
    let tiers = [after_ms, after_ms + dice.roll(30_000)];
    PlanKind::Rules(PlanRules {
        preview_ms: (dice.roll(3) * dice.roll(20_000)) as u32,
        tiers: vec![
            Tier {
                after_ms: tiers[0],
                factor: factor(dice),
            },
            Tier {
                after_ms: tiers[1] + 1,
                factor: factor(dice),
            },
        ],
        peaks: vec![peak],
        standard: 333_333 + 250_000 * dice.roll(9) as u32,
        premium: 1_000_000,
        subscription: 1_000_000,
        categories: Vec::new(),
        audience: vec![AudienceStep {
            viewers: 1,
            factor: 900_000,
        }],
        stakers: 1_000_000,
    })
}

fn step(world: &mut World, dice: &mut Dice) {
    let viewer = 10 + dice.roll(4) as u8;
    let number = (world.0.viewer(who(viewer)).sessions).saturating_sub(dice.roll(2) as u32);
    let id = SessionId {
        viewer: who(viewer),
        number,
    };
    // Vouchers go to whoever sits there.
    let seated = world.0.seated_sessions();
    let place = dice.roll(seated.len().max(1) as u64) as usize;
    let vouched = seated.get(place).copied().unwrap_or(id);
    let until = world.0.now_ms + dice.roll(200_000);
    let key = who(50 + dice.roll(3) as u8);
    let at = world.0.seat_of(id);
    let call = match dice.roll(22) {
        0..=3 => MeterCall::Open(OpenRequest {
            key: (dice.roll(3) == 0).then_some(key),
            hold: Balance::from(dice.roll(60_000)),
            ceiling: 1_500 + Balance::from(dice.roll(4) * 700),
            until_ms: (dice.roll(3) == 0).then_some(until),
            referrer: (dice.roll(2) == 0).then_some(who(REFERRER)),
            asset: dice.roll(2) as AssetId * VLK,
            ..request(0)
        }),
        4 => MeterCall::Settle(id),
        5 => MeterCall::SettlePage { stream: 1, page: 0 },
        6 => MeterCall::Pause(number),
        7 => MeterCall::Resume(number),
        8 => MeterCall::Close(number),
        9 => MeterCall::CloseEnded(id),
        10 => MeterCall::BeginExit(number),
        11 => MeterCall::FinishExit(number),
        12 => MeterCall::TopUp {
            id,
            amount: dice.roll(5_000).into(),
        },
        13 | 14 => MeterCall::SetKey {
            number,
            key: (dice.roll(3) > 0).then_some(key),
        },
        15..=18 => {
            // Mostly by the right key and in time.
            let life = world.0.life(vouched).filter(|_| dice.roll(6) > 0);
            let by = life.and_then(Life::key).unwrap_or(key);
            let (paid, paid_ms) = life.map_or((0, 0), |l| (l.voucher_amount(), l.voucher_ms()));
            let latest_ms = life.map_or(30_000, |life| world.0.voucher_latest_ms(life));
            let ms = paid_ms + dice.roll(latest_ms.saturating_sub(paid_ms) + 2);
            let amount = paid + Balance::from(dice.roll((ms - paid_ms) / 4 + 2));
            MeterCall::Redeem(signed(&world.0, vouched, ms, amount, by))
        }
        19 => match at {
            Some(at) if dice.roll(4) == 0 => MeterCall::Dismiss(at),
            Some(at) => MeterCall::FinishClose(at),
            None => MeterCall::Close(number),
        },
        _ => MeterCall::SettleMany(world.0.open_sessions()),
    };
    let caller = match call {
        MeterCall::Dismiss(_) => CREATOR,
        _ => viewer,
    };
    let id = match call {
        MeterCall::Redeem(_) => vouched,
        _ => id,
    };
    let before = world.0.life(id).map(|life| world.0.due(life));
    let paid = world.meter(caller, call.clone());
    let life = world.0.life(id);
    if let (MeterCall::Redeem(_), Ok(_), Some(life)) = (&call, paid, life) {
        // Owed never falls; a running clock may lose what is left of a millisecond to a voucher.
        let whole = if life.running() {
            0
        } else {
            before.unwrap_or(0)
        };
        assert!(world.0.due(life) >= whole, "law 6: {life:?}");
        VOUCHERS.fetch_add(1, Ordering::Relaxed);
    }
    let stream = 1;
    match dice.roll(12) {
        11 if dice.roll(2) == 0 => {
            let kind = random_plan(&world.0, dice);
            let plan = PricingCall::SetPlan { stream, kind };
            world.act(CREATOR, Action::Pricing(plan))
        }
        0 => {
            let rate = 700 * (1 + Balance::from(dice.roll(6)));
            world.set_rates(rate)
        }
        1..=2 => {
            let grace_ms = 10_000 + dice.roll(90_000);
            let live = RegistryCall::GoLive { stream, grace_ms };
            world.act(CREATOR, Action::Registry(live))
        }
        3..=6 => {
            let beat = RegistryCall::Heartbeat { stream };
            world.act(CREATOR, Action::Registry(beat))
        }
        7 if dice.roll(4) == 0 => {
            let end = RegistryCall::EndBroadcast { stream };
            world.act(CREATOR, Action::Registry(end))
        }
        _ => Outcome::Donated,
    };
    check(&world.0);
    // Often nothing passes: many messages of one block.
    let most = [1, 1, 10, 2_000, 2_000, 30_000, 30_000, 300_000][dice.roll(8) as usize];
    world.0.advance(dice.roll(most));
    check(&world.0);
}

#[test]
fn random_lives_cost_the_same_however_they_are_settled() {
    let mut closed = 0;
    for seed in 0..30 {
        let mut world = World::with_shares(5_000, &[(COHOST, 4_999), (STRANGER, 1)]);
        world
            .registry(CREATOR, RegistryCall::EndBroadcast { stream: 1 })
            .unwrap();
        world.go_live(60_000);
        for viewer in 10..14 {
            let deposit = Action::Payments(PaymentsCall::Deposit);
            assert!(world.0.apply(who(viewer), 500_000, &deposit).is_ok());
            let call = TokenCall::Transfer {
                to: who(viewer),
                amount: 500_000,
            };
            world.must(VIEWER, Action::Token(0, call));
            let approve = TokenCall::Approve {
                spender: who(PAYMENTS),
                amount: 500_000,
            };
            world.must(viewer, Action::Token(0, approve));
            let deposit = PaymentsCall::DepositToken {
                asset: VLK,
                amount: 500_000,
            };
            world.payments(viewer, deposit).unwrap();
        }
        let mut dice = Dice(seed);
        for _ in 0..300 {
            step(&mut world, &mut dice);
        }
        closed += world.0.audience(1).closed;
    }
    assert!(closed > 150, "only {closed} sessions were closed");
    let vouchers = VOUCHERS.load(Ordering::Relaxed);
    assert!(vouchers > 300, "only {vouchers} vouchers were paid");
}
