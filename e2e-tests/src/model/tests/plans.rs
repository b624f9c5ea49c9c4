//! Plans, worked out by hand: what a life costs across previews, tiers, daily windows and the end of a discount.

use super::*;
use vilokanam_interfaces::{
    AudienceStep, CategoryFactor, Discount, PassLevel, PassOffer, PassOrder, PassPeriod, PassScope,
    Peak, PlanFault, PlanRules, QuoteRequest, Stake, Staking, Tier, FACTOR_ONE,
};

/// All of them one, and nothing free.
fn plain() -> PlanRules {
    PlanRules {
        preview_ms: 0,
        tiers: Vec::new(),
        peaks: Vec::new(),
        standard: FACTOR_ONE,
        premium: FACTOR_ONE,
        subscription: FACTOR_ONE,
        categories: Vec::new(),
        audience: Vec::new(),
        stakers: FACTOR_ONE,
    }
}

fn set_plan(world: &mut World, rules: PlanRules) -> Outcome {
    let kind = PlanKind::Rules(rules);
    let call = PricingCall::SetPlan { stream: 1, kind };
    world.act(CREATOR, Action::Pricing(call))
}

/// A stream of category 7 whose rate is `RATE`, with a plan.
fn planned(rules: PlanRules) -> World {
    let mut world = World::new();
    let set = set_plan(&mut world, rules);
    assert_eq!(set, Outcome::Pricing(Ok(Value::Number(1))));
    world
}

fn tier(after_ms: Millis, factor: u32) -> Tier {
    Tier { after_ms, factor }
}

#[test]
fn tiers_count_the_time_watched_and_the_preview_is_a_part_of_it() {
    let mut world = planned(PlanRules {
        preview_ms: 10_000,
        tiers: vec![tier(15_000, 500_000), tier(20_001, 2_000_000)],
        ..plain()
    });
    let id = world.open(100_000);
    assert_eq!(world.0.life(id).unwrap().preview_ms, 10_000);
    world.0.advance(10_000);
    assert_eq!(world.0.owed(id), Ok(0));
    world.0.advance(1); // 1.5
    assert_eq!(world.0.owed(id), Ok(1));
    world.0.advance(4_999); // 5 s × 1,500 = 7,500
    assert_eq!(world.0.owed(id), Ok(7_500));
    world.meter(VIEWER, MeterCall::Pause(1)).unwrap();
    world.0.advance(1_000_000);
    world.meter(VIEWER, MeterCall::Resume(1)).unwrap();
    // 5,001 ms at half, which is 0.75 a millisecond: 3,750.75; then 3 a millisecond.
    world.0.advance(5_001);
    assert_eq!(world.0.owed(id), Ok(11_250));
    world.0.advance(1);
    assert_eq!(world.0.owed(id), Ok(11_253));
    // What is left of 100,000 when that tier begins is 88,749.25: 29,583 whole milliseconds of it.
    let began = START + 15_000 + 1_000_000 + 5_001;
    assert_eq!(world.0.runs_out_at(id), Ok(Some(began + 29_583)));
    world.0.advance(1_000_000);
    assert_eq!(world.0.owed(id), Ok(99_999));
}

#[test]
fn a_preview_is_granted_once_in_a_broadcast_and_the_rest_comes_back() {
    let mut world = planned(PlanRules {
        preview_ms: 60_000,
        ..plain()
    });
    let left = |world: &World, broadcast| world.0.preview_left(who(VIEWER), 1, broadcast, 60_000);
    assert_eq!(left(&world, 1), 60_000);
    world.open(100_000);
    assert_eq!(left(&world, 1), 0);
    world.0.advance(20_000);
    assert_eq!(world.meter(VIEWER, MeterCall::Close(1)), amount(0));
    assert_eq!(left(&world, 1), 40_000);
    let second = world.open(100_000);
    world.0.advance(41_000);
    assert_eq!(world.0.owed(second), Ok(1_500));
    world.meter(VIEWER, MeterCall::Close(2)).unwrap();
    assert_eq!(left(&world, 1), 0);
    // Billed by vouchers: nothing is free, and nothing is used up.
    let key = Some(who(77));
    let keyed = OpenRequest {
        key,
        ..request(100_000)
    };
    let end = RegistryCall::EndBroadcast { stream: 1 };
    world.registry(CREATOR, end).unwrap();
    world.go_live(86_400_000);
    world.open_with(VIEWER, keyed).unwrap();
    assert_eq!(left(&world, 2), 60_000);
}

#[test]
fn daily_windows_go_by_the_minute_of_the_day() {
    // START is 22:13:20 by UTC.
    let day = 86_400_000;
    assert_eq!(START % day, ((22 * 60 + 13) * 60 + 20) * 1_000);
    let peak = |from_min, to_min, factor| Peak {
        from_min,
        to_min,
        factor,
    };
    let mut world = planned(PlanRules {
        peaks: vec![peak(0, 60, 0), peak(22 * 60 + 14, 1_440, 3_000_000)],
        ..plain()
    });
    let id = world.open(900_000);
    world.0.advance(40_000);
    assert_eq!(world.0.owed(id), Ok(60_000));
    world.0.advance(10_000); // ten seconds of the window
    assert_eq!(world.0.owed(id), Ok(105_000));
    // 795,000 at 4.5 a millisecond: 176,666.67 ms, before midnight
    assert_eq!(world.0.runs_out_at(id), Ok(Some(START + 50_000 + 176_666)));

    // A free hour and a day later: 23 hours at one, less than a penny of the hold each.
    let mut world = planned(PlanRules {
        peaks: vec![peak(0, 60, 0)],
        ..plain()
    });
    world.rates(1);
    let id = world.open(900_000);
    world.0.advance(10 * day);
    let beat = RegistryCall::Heartbeat { stream: 1 };
    assert!(world.registry(CREATOR, beat).is_err()); // it ended after a day
    assert_eq!(world.0.owed(id), Ok(23 * 3_600));
}

#[test]
fn factors_multiply_and_are_divided_once() {
    let rules = PlanRules {
        standard: 1_234_567,
        categories: vec![
            CategoryFactor {
                category: 3,
                factor: 1,
            },
            CategoryFactor {
                category: 7,
                factor: 999_999,
            },
        ],
        audience: vec![
            AudienceStep {
                viewers: 1,
                factor: 900_000,
            },
            AudienceStep {
                viewers: 3,
                factor: 333_333,
            },
        ],
        ..plain()
    };
    let mut world = planned(rules);
    // 1.234567 × 0.999999 = 1.234565765433; × 0.9 = 1.1111091888897
    let quote = QuoteRequest {
        stream: 1,
        asset: NATIVE,
        duration_ms: 1_000_000,
        audience: 2,
        viewer: None,
    };
    let told = world.0.quote(&quote).unwrap();
    assert_eq!((told.factor, told.factors.audience), (1_111_109, 900_000));
    assert_eq!(told.factors.category, 999_999);
    // 1,500 × 1.111109 = 1,666.66 a second
    assert_eq!((told.price_per_sec, told.hold), (1_666, 1_666_664));
    let opened = world.open(100_000);
    let life = world.0.life(opened).unwrap();
    assert_eq!((life.step, life.factor), (0, 1_234_565));
    let audience = |world: &World, audience| {
        let offer = world.0.offer(who(STRANGER), audience, &request(100_000));
        let offer = offer.unwrap();
        (offer.step, offer.factor)
    };
    assert_eq!(audience(&world, 0), (0, 1_234_565));
    assert_eq!(audience(&world, 1), (1, 1_111_109));
    // 1.234565765433 × 0.333333 = 0.411521510…
    assert_eq!(audience(&world, 1_000), (2, 411_521));
}

#[test]
fn a_ceiling_ends_a_session_where_a_window_or_a_tier_begins() {
    let mut world = planned(PlanRules {
        preview_ms: 5_000,
        tiers: vec![tier(30_000, 2_000_000)],
        ..plain()
    });
    let below = OpenRequest {
        ceiling: 2_999,
        ..request(200_000)
    };
    let id = world.open_with(VIEWER, below).unwrap();
    assert_eq!(world.0.runs_out_at(id), Ok(Some(START + 30_000)));
    world.0.advance(50_000);
    assert_eq!(world.0.owed(id), Ok(37_500));
    let dear = OpenRequest {
        ceiling: 1_499,
        ..request(100_000)
    };
    let above = PricingEngineError::AboveCeiling {
        price_per_sec: 1_500,
        ceiling: 1_499,
    };
    // Even with a preview before it.
    let refused = world.open_with(STRANGER, dear);
    assert_eq!(refused, Err(TickStreamError::Pricing(above)));
}

#[test]
fn a_pass_frees_watching_until_it_lapses() {
    let mut world = World::new();
    let (scope, level) = (PassScope::Stream(1), PassLevel::Premium);
    let offer = PassOffer {
        asset: NATIVE,
        prices: [Some(10_000), None, None],
        factor: 0,
    };
    let call = PassCall::SetOffer {
        scope,
        level,
        offer: Some(offer),
    };
    world.must(CREATOR, Action::Passes(call));
    let asks = OpenRequest {
        discount: Discount::Pass,
        ..request(50_000)
    };
    let refused = world.open_with(VIEWER, asks);
    let no_pass = PricingEngineError::NoPass;
    assert_eq!(refused, Err(TickStreamError::Pricing(no_pass)));
    let order = PassOrder {
        scope,
        level,
        period: PassPeriod::Day,
        periods: 1,
        asset: NATIVE,
        max_price: 10_000,
        max_factor: 0,
        holder: None,
    };
    let until_ms = START + 86_400_000;
    let bought = world.must(VIEWER, Action::Passes(PassCall::Buy(order)));
    assert_eq!(bought, Value::Until(until_ms));
    // 20 % of a subscription's price is the platform's.
    assert_eq!(world.payable(CREATOR), 8_000);
    assert_eq!(world.0.totals(NATIVE).fees, 2_000);
    world.0.advance(86_400_000 - 10_000);
    let beat = RegistryCall::Heartbeat { stream: 1 };
    world.registry(CREATOR, beat).unwrap();
    let id = world.open_with(VIEWER, asks).unwrap();
    let life = world.0.life(id).unwrap();
    assert_eq!((life.discount, life.discount_until_ms), (0, until_ms));
    // 50,000 / 1.5 = 33,333.33 ms after it has lapsed
    assert_eq!(world.0.runs_out_at(id), Ok(Some(until_ms + 33_333)));
    world.0.advance(10_000);
    assert_eq!(world.0.owed(id), Ok(0));
    world.0.advance(1_000);
    assert_eq!(world.0.owed(id), Ok(1_500));
}

#[test]
fn a_stake_that_cannot_be_told_is_no_discount() {
    let mut world = planned(PlanRules {
        stakers: 800_000,
        ..plain()
    });
    let asks = OpenRequest {
        discount: Discount::Stake,
        ..request(100_000)
    };
    let factor = |world: &World| {
        let offer = world.0.offer(who(VIEWER), 0, &asks).unwrap();
        (offer.factor, offer.discount_until_ms)
    };
    assert_eq!(factor(&world), (FACTOR_ONE, 0));
    let staking = Staking {
        contract: who(200),
        minimum: 50,
    };
    let set = |world: &mut World, by| {
        let call = PricingCall::SetStaking(Some(staking));
        world.act(by, Action::Pricing(call))
    };
    let refused = PricingEngineError::Admin(AdminError::NotOwner);
    assert_eq!(set(&mut world, STRANGER), Outcome::Pricing(Err(refused)));
    assert!(set(&mut world, OWNER).is_ok());
    assert_eq!(factor(&world), (FACTOR_ONE, 0));
    let until_ms = START + 1_000;
    let stake = |amount| BTreeMap::from([(who(VIEWER), Stake { amount, until_ms })]);
    world.0.stakes.insert(who(200), stake(49));
    assert_eq!(factor(&world), (FACTOR_ONE, 0));
    world.0.stakes.insert(who(200), stake(50));
    assert_eq!(factor(&world), (800_000, until_ms));
    world.0.advance(1_000);
    assert_eq!(factor(&world), (FACTOR_ONE, 0));
}

#[test]
fn plans_are_refused_in_the_documented_order() {
    let mut world = World::new();
    let mut bad = PlanRules {
        preview_ms: 3_600_001,
        tiers: vec![tier(0, 1); 5],
        peaks: vec![Peak {
            from_min: 5,
            to_min: 5,
            factor: 4_000_001,
        }],
        audience: vec![
            AudienceStep {
                viewers: 2,
                factor: FACTOR_ONE,
            },
            AudienceStep {
                viewers: 2,
                factor: FACTOR_ONE,
            },
        ],
        stakers: FACTOR_ONE + 1,
        ..plain()
    };
    let refused = |world: &mut World, rules: &PlanRules, fault| {
        let told = set_plan(world, rules.clone());
        let invalid = PricingEngineError::InvalidPlan(fault);
        assert_eq!(told, Outcome::Pricing(Err(invalid)));
    };
    refused(&mut world, &bad, PlanFault::PreviewTooLong);
    bad.preview_ms = 3_600_000;
    refused(&mut world, &bad, PlanFault::TooMany);
    bad.tiers = vec![tier(0, 1)];
    refused(&mut world, &bad, PlanFault::FactorOutOfRange);
    (bad.peaks[0].factor, bad.stakers) = (4_000_000, FACTOR_ONE);
    refused(&mut world, &bad, PlanFault::NotAscending);
    (bad.tiers[0].after_ms, bad.audience[1].viewers) = (1, 3);
    refused(&mut world, &bad, PlanFault::PeakOutOfPlace);
    bad.peaks[0].to_min = 1_440;
    refused(&mut world, &bad, PlanFault::AudienceRaisesPrice);
    bad.audience[1].factor = FACTOR_ONE - 1;
    assert!(set_plan(&mut world, bad).is_ok());
    assert_eq!(world.0.plan(1), 1);
}
