//! Plans: previews, tiers, daily windows, factors, passes and stakes, each billed to the unit, at its boundaries and in any parts.

use crate::common::*;
use ink::{
    env::{
        call::{build_call, ExecutionInput, Selector},
        DefaultEnvironment,
    },
    scale::Encode,
};
use vilokanam_chain::{account, artifacts_dir, instantiate, Calls, Message, VLK};
use vilokanam_interfaces::{
    events::pricing_engine::{PlanSet, StakingSet},
    AccountId, AdminError, AudienceStep, Balance, CategoryFactor, Class, Discount, Factors,
    Footprint, Millis, OpenRequest, PassLevel, PassOffer, PassOffice, PassOrder, PassPeriod,
    PassScope, Peak, PlanFault, PlanKind, PlanRules, PricingEngine, PricingEngineError as Error,
    PricingPlans, Quote, QuoteRequest, Staking, StreamId, StreamRegistry, TickLifecycle,
    TickStream, TickStreamError, Tier, FACTOR_ONE, MAX_FACTOR, MAX_PREVIEW_MS, NATIVE,
};

/// Half, in millionths.
const HALF: u32 = 500_000;
/// The minute of the day at which stories begin: 08:00 by UTC.
const EIGHT: u16 = 480;
/// No ceiling.
const ANY: Balance = Balance::MAX;

/// Rules that change nothing.
fn plain() -> PlanRules {
    PlanRules {
        preview_ms: 0,
        tiers: vec![],
        peaks: vec![],
        standard: FACTOR_ONE,
        premium: FACTOR_ONE,
        subscription: FACTOR_ONE,
        categories: vec![],
        audience: vec![],
        stakers: FACTOR_ONE,
    }
}

fn tier(after_ms: Millis, factor: u32) -> Tier {
    Tier { after_ms, factor }
}

fn peak(from_min: u16, to_min: u16, factor: u32) -> Peak {
    Peak {
        from_min,
        to_min,
        factor,
    }
}

fn step(viewers: u32, factor: u32) -> AudienceStep {
    AudienceStep { viewers, factor }
}

fn category(category: u16, factor: u32) -> CategoryFactor {
    CategoryFactor { category, factor }
}

/// Whatever it may cost.
fn any_price() -> OpenRequest {
    OpenRequest {
        ceiling: ANY,
        ..request()
    }
}

impl Stage {
    /// Mira's stream 1 is on air, on a plan with these rules. It is eight o'clock.
    fn planned(rules: PlanRules) -> Self {
        let mut s = Self::on_air();
        assert_eq!(s.now() % DAY, u64::from(EIGHT) * MINUTE);
        assert_eq!(s.plans("mira", STREAM, PlanKind::Rules(rules)), 1);
        s
    }

    #[track_caller]
    fn plans(&mut self, owner: &str, stream: StreamId, kind: PlanKind) -> u32 {
        self.must(owner, self.suite.plans().set_plan(stream, kind))
            .value
    }

    #[track_caller]
    fn closes(&mut self, viewer: &str, number: u32) {
        self.must(viewer, self.suite.lifecycle().close(number));
    }

    /// Why opening is refused.
    #[track_caller]
    fn cannot_open(&mut self, viewer: &str, request: OpenRequest) -> TickStreamError {
        self.refused(viewer, self.suite.lifecycle().open(request))
    }
}

#[test]
fn a_preview_is_free_in_all_sessions_of_a_broadcast_together() {
    let mut s = Stage::planned(PlanRules {
        preview_ms: 60_000,
        ..plain()
    });
    let suite = s.suite;
    let left = |s: &mut Stage, viewer, broadcast| {
        let left = suite
            .lifecycle()
            .preview_left(account(viewer), STREAM, broadcast, 60_000);
        s.read(left)
    };
    assert_eq!(left(&mut s, "alice", 1), 60_000);
    let first = s.opens("alice", request());
    assert_eq!(s.session("alice", first).preview_ms, 60_000);
    s.advance(40_000);
    assert_eq!(s.owed("alice", first), 0);
    s.closes("alice", first);
    assert_eq!(s.free("alice", NATIVE), DEPOSITED);
    assert_eq!(left(&mut s, "alice", 1), 20_000);
    assert_eq!(left(&mut s, "bob", 1), 60_000);

    // Twenty seconds are left; the next ten cost 1,000,007 each.
    let second = s.opens("alice", request());
    assert_eq!(s.session("alice", second).preview_ms, 20_000);
    s.advance(20_000);
    assert_eq!(s.owed("alice", second), 0);
    s.must("sam", suite.meter().settle(id("alice", second)));
    s.advance(10_000);
    assert_eq!(s.owed("alice", second), 10_000_070);
    s.closes("alice", second);
    assert_eq!(left(&mut s, "alice", 1), 0);
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 10_000_070);
    // A tenth, rounded down, is the platform's.
    assert_eq!(s.payable("mira", NATIVE), 9_000_063);

    // Nothing is left for a third, and the next broadcast begins anew.
    let third = s.opens("alice", request());
    s.advance(1_000);
    assert_eq!(s.owed("alice", third), 1_000_007);
    s.closes("alice", third);
    s.must("mira", suite.registry().end_broadcast(STREAM));
    s.must("mira", suite.registry().go_live(STREAM, GRACE));
    assert_eq!(left(&mut s, "alice", 2), 60_000);
    let fourth = s.opens("alice", request());
    s.advance(60_500);
    // Half a second.
    assert_eq!(s.owed("alice", fourth), 500_003);
    s.closes("alice", fourth);
    s.is_solvent_to_the_unit();
}

#[test]
fn a_tier_counts_from_its_very_millisecond_of_watching() {
    let mut s = Stage::planned(PlanRules {
        tiers: vec![tier(60_000, HALF), tier(120_000, 250_000)],
        ..plain()
    });
    s.opens("alice", request());
    s.advance(60_000);
    assert_eq!(s.owed("alice", 1), 60_000_420);
    // 60,000,420 + 0.001 s × 500,003.5
    s.advance(1);
    assert_eq!(s.owed("alice", 1), 60_000_920);
    // An hour's pause is no watching.
    s.advance(29_999);
    s.must("alice", s.suite.lifecycle().pause(1));
    s.advance(HOUR);
    s.must("alice", s.suite.lifecycle().resume(1));
    // 60 s at 1,000,007, 60 at half, 30 at a quarter: 60,000,420 + 30,000,210 + 7,500,052.5
    s.advance(60_000);
    assert_eq!(s.owed("alice", 1), 97_500_682);
    s.closes("alice", 1);
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 97_500_682);
}

#[test]
fn a_window_is_billed_from_its_minute_to_its_end_on_every_day() {
    let mut s = Stage::planned(PlanRules {
        peaks: vec![peak(EIGHT + 1, EIGHT + 2, 1_500_000)],
        ..plain()
    });
    let suite = s.suite;
    let long = OpenRequest {
        hold: DEPOSITED / 2,
        ..any_price()
    };
    let opened_ms = s.now();
    s.opens("alice", long);
    s.opens("bob", long);
    s.advance(60_000);
    assert_eq!(s.owed("alice", 1), 60_000_420);
    // 0.001 s × 1,500,010.5
    s.advance(1);
    assert_eq!(s.owed("alice", 1), 60_001_920);
    // 60 + 90 + 30 seconds.
    s.advance(89_999);
    assert_eq!(s.owed("alice", 1), 180_001_260);
    s.must("sam", suite.meter().settle(id("alice", 1)));

    // Three days, each 86,430 seconds dear. Bob's were never settled, alice's in odd parts.
    for half_day in 1..6 {
        s.advance(opened_ms + half_day * (DAY / 2) + 61_234 * (half_day % 2) - s.now());
        s.must("mira", suite.registry().heartbeat(STREAM));
        s.must("sam", suite.meter().settle(id("alice", 1)));
    }
    s.advance(opened_ms + 3 * DAY - s.now());
    // 259,290 × 1,000,007
    for viewer in ["alice", "bob"] {
        s.closes(viewer, 1);
        assert_eq!(s.free(viewer, NATIVE), DEPOSITED - 259_291_815_030);
    }
    // Twice, less a tenth.
    assert_eq!(s.payable("mira", NATIVE), 2 * 233_362_633_527);
    s.is_solvent_to_the_unit();
}

#[test]
fn a_ceiling_ends_a_session_at_the_window_that_passes_it() {
    let mut s = Stage::planned(PlanRules {
        peaks: vec![peak(EIGHT + 1, EIGHT + 2, 1_000_001)],
        ..plain()
    });
    let now = s.now();
    s.opens("alice", request());
    // 1,000,007 × 1.000001 is above 1,000,007.
    assert_eq!(s.runs_out_at("alice", 1), Some(now + MINUTE));
    let any = any_price();
    s.opens("bob", any);
    // 10^10 / 1,000,007 = 9,999.930 s, less what the minute's 60 base units more would buy.
    assert_eq!(s.runs_out_at("bob", 1), Some(now + 9_999_929));
    s.advance(2 * MINUTE);
    assert_eq!(s.owed("alice", 1), 60_000_420);
    let ended_ms = now + MINUTE;
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().pause(1)),
        TickStreamError::SessionEnded { ended_ms }
    );
    s.closes("alice", 1);
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 60_000_420);
    // 60 s at 1,000,007, 60 at 1,000,008.000007
    assert_eq!(s.owed("bob", 1), 120_000_900);
}

#[test]
fn a_quote_shows_the_factors_and_opening_takes_them() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let stream = s.airs("noor", Class::Premium, &[]);
    let rules = PlanRules {
        preview_ms: 5_000,
        tiers: vec![tier(60_000, HALF)],
        peaks: vec![peak(EIGHT, EIGHT + 1, 1_250_000)],
        standard: 3 * FACTOR_ONE,
        premium: 1_200_000,
        categories: vec![category(CATEGORY, 900_000)],
        audience: vec![step(1, 800_000), step(2, HALF)],
        ..plain()
    };
    let kind = PlanKind::Rules(rules);
    let sent = s.must("noor", suite.plans().set_plan(stream, kind.clone()));
    let event = PlanSet {
        stream,
        plan: 1,
        kind: kind.clone(),
    };
    told(&sent, [event.into()]);
    assert_eq!(s.read(suite.plans().plan_kind(stream, 1)), Some(kind));
    assert_eq!(s.read(suite.pricing().plan(stream)), 1);

    let asked = QuoteRequest {
        stream,
        asset: NATIVE,
        duration_ms: 90_001,
        audience: 1,
        viewer: None,
    };
    // 1.2 × 0.9 × 0.8 × 1.25 = 1.08. A minute of it is 64,800,453.6; then, without the window and at half, 30.001 s × 0.432 are
    // 12,960,522.723...
    let quote = Quote {
        rate_per_sec: RATE,
        factor: 1_080_000,
        factors: Factors {
            class: 1_200_000,
            category: 900_000,
            audience: 800_000,
            tier: FACTOR_ONE,
            peak: 1_250_000,
            discount: FACTOR_ONE,
        },
        discount_until_ms: 0,
        preview_ms: 5_000,
        plan: 1,
        price_per_sec: 1_080_007,
        hold: 77_760_977,
        deposit: Footprint {
            items: 4,
            bytes: 12_000,
        },
        obstacle: None,
    };
    assert_eq!(s.read(suite.plans().quote(asked)), Ok(quote));

    // The first viewer has no audience to share with, the second has; the price stays theirs when the other is gone.
    let wanted = OpenRequest {
        stream,
        ..any_price()
    };
    s.opens("alice", wanted);
    s.opens("bob", wanted);
    let (alice, bob) = (s.session("alice", 1), s.session("bob", 1));
    assert_eq!((alice.factor, alice.step), (1_350_000, 0));
    assert_eq!((bob.factor, bob.step), (1_080_000, 1));
    assert_eq!(
        (bob.class, bob.category, bob.plan),
        (Class::Premium, CATEGORY, 1)
    );
    s.advance(10_000);
    // Five seconds after the preview: × 1.35 and × 1.08.
    assert_eq!(s.owed("alice", 1), 6_750_047);
    assert_eq!(s.owed("bob", 1), 5_400_037);
    s.closes("alice", 1);
    s.advance(10_000);
    // 15 × 1.08
    assert_eq!(s.owed("bob", 1), 16_200_113);
    s.closes("bob", 1);
    // The ceiling is for the price after the preview, and not for what is left of it when it is rounded: 1,350,009.45.
    let ceiling = 1_350_010;
    let wanted = OpenRequest { ceiling, ..wanted };
    s.opens("alice", wanted);
    s.closes("alice", 2);
    let ceiling = 1_350_009;
    let above = Error::AboveCeiling {
        price_per_sec: 1_350_009,
        ceiling,
    };
    assert_eq!(
        s.cannot_open("alice", OpenRequest { ceiling, ..wanted }),
        TickStreamError::Pricing(above)
    );
}

#[test]
fn a_session_keeps_the_plan_on_which_it_opened() {
    let mut s = Stage::planned(PlanRules {
        standard: HALF,
        ..plain()
    });
    let suite = s.suite;
    s.opens("alice", request());
    let twice = PlanRules {
        standard: 2 * FACTOR_ONE,
        ..plain()
    };
    assert_eq!(s.plans("mira", STREAM, PlanKind::Rules(twice.clone())), 2);
    s.opens("bob", any_price());
    assert_eq!(s.plans("mira", STREAM, PlanKind::Flat), 3);
    s.deposits("rita");
    s.opens("rita", request());
    s.advance(10_000);
    // One batch, three versions.
    s.must("sam", suite.meter().settle_page(STREAM, 0));
    for (viewer, plan, paid) in [
        ("alice", 1, 5_000_035),
        ("bob", 2, 20_000_140),
        ("rita", 3, 10_000_070),
    ] {
        let session = s.session(viewer, 1);
        assert_eq!((session.plan, session.settled), (plan, paid), "{viewer}");
    }
    let kinds = [1, 2, 3, 4].map(|plan| s.read(suite.plans().plan_kind(STREAM, plan)));
    let halved = PlanRules {
        standard: HALF,
        ..plain()
    };
    let expected = [
        Some(PlanKind::Rules(halved)),
        Some(PlanKind::Rules(twice)),
        Some(PlanKind::Flat),
        None,
    ];
    assert_eq!(kinds, expected);
    assert_eq!(
        s.read(suite.plans().plan_kind(STREAM, 0)),
        Some(PlanKind::Flat)
    );
}

#[test]
fn repricing_and_plans_multiply() {
    let mut s = Stage::planned(PlanRules {
        preview_ms: 10_000,
        tiers: vec![tier(30_000, HALF)],
        ..plain()
    });
    s.opens("alice", any_price());
    s.opens(
        "bob",
        OpenRequest {
            asset: VLK,
            ..any_price()
        },
    );
    s.advance(20_000);
    let double = s
        .suite
        .pricing()
        .set_rates(STREAM, rates_of(2 * RATE, 3 * VLK_RATE));
    s.must("mira", double);
    s.advance(20_000);
    // 10 s free, 10 at 1,000,007, 10 at 2,000,014, 10 at half of that.
    assert_eq!(s.owed("alice", 1), 40_000_280);
    // 10 × 333,333 + 10 × 999,999 + 10 × 499,999.5
    assert_eq!(s.owed("bob", 1), 3_333_330 + 9_999_990 + 4_999_995);
    s.closes("alice", 1);
    s.closes("bob", 1);
    s.is_solvent_to_the_unit();
}

#[test]
fn settling_in_any_parts_gives_the_same_on_a_plan() {
    let mut s = Stage::planned(PlanRules {
        preview_ms: 7_000,
        tiers: vec![tier(61_500, 333_333), tier(100_000, 1_777_777)],
        peaks: vec![
            peak(EIGHT + 1, EIGHT + 2, 1_234_567),
            peak(EIGHT + 2, EIGHT + 3, 0),
        ],
        standard: 1_111_111,
        ..plain()
    });
    let suite = s.suite;
    for viewer in ["alice", "bob"] {
        s.opens(viewer, any_price());
    }
    for ms in [
        1, 6_998, 2, 13_333, 39_666, 1, 1_498, 2, 38_498, 1, 17, 19_984, 3, 60_000, 9,
    ] {
        s.advance(ms);
        s.must("sam", suite.meter().settle(id("alice", 1)));
    }
    let (alice, bob) = (s.owed("alice", 1), s.owed("bob", 1));
    let settled = s.session("alice", 1).settled;
    assert_eq!(alice, 0);
    assert_eq!(settled, bob);
    // After 7 s for nothing 53 at 1.111111; 1.5 at 1.371740 (in the window); 38.5 at 0.457246 (in the tier); 20 at 2.438649 (in the next); a
    // minute at nothing; 0.013 at 1.975307: 127,349.122991 s × 1,000,007 / 1,000.
    assert_eq!(bob, 127_350_014);
    s.closes("alice", 1);
    s.closes("bob", 1);
    assert_eq!(s.free("alice", NATIVE), s.free("bob", NATIVE));
}

#[test]
fn a_pass_discounts_until_it_lapses_in_the_middle() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let scope = PassScope::Stream(STREAM);
    let offer = PassOffer {
        asset: NATIVE,
        prices: [Some(1_000), None, None],
        factor: HALF,
    };
    let level = PassLevel::Basic;
    s.must("mira", suite.passes().set_offer(scope, level, Some(offer)));
    let order = PassOrder {
        scope,
        level,
        period: PassPeriod::Day,
        periods: 1,
        asset: NATIVE,
        max_price: 1_000,
        max_factor: HALF,
        holder: None,
    };
    let until_ms = s.must("alice", suite.passes().buy(order)).value;
    assert_eq!(until_ms, s.now() + DAY);
    s.advance(DAY - MINUTE);
    s.must("mira", suite.registry().heartbeat(STREAM));

    let asks = OpenRequest {
        discount: Discount::Pass,
        ..request()
    };
    let asked = QuoteRequest {
        viewer: Some((account("alice"), Discount::Pass)),
        ..quoted(STREAM, NATIVE, 90_000)
    };
    let quote = s.read(suite.plans().quote(asked)).expect("is quoted");
    assert_eq!((quote.factor, quote.factors.discount), (HALF, HALF));
    assert_eq!(quote.discount_until_ms, until_ms);
    // 60 s at half, 30 at 1,000,007.
    assert_eq!(quote.hold, 60_000_420);
    assert_eq!(
        s.cannot_open("bob", asks),
        TickStreamError::Pricing(Error::NoPass)
    );
    let asked = QuoteRequest {
        viewer: Some((account("bob"), Discount::Pass)),
        ..asked
    };
    assert_eq!(s.read(suite.plans().quote(asked)), Err(Error::NoPass));

    s.opens("alice", asks);
    let session = s.session("alice", 1);
    assert_eq!((session.plan, session.discount), (0, HALF));
    assert_eq!(session.discount_until_ms, until_ms);
    s.advance(60_000);
    assert_eq!(s.owed("alice", 1), 30_000_210);
    s.advance(30_000);
    assert_eq!(s.owed("alice", 1), 60_000_420);
    s.closes("alice", 1);
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 1_000 - 60_000_420);
    // It has lapsed.
    assert_eq!(
        s.cannot_open("alice", asks),
        TickStreamError::Pricing(Error::NoPass)
    );
    s.is_solvent_to_the_unit();
}

/// As in the fixture, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode)]
enum Mode {
    Honest,
    Trap,
    Babble,
    Spin,
}

fn set(book: AccountId, of: &str, amount: Balance, until_ms: Millis) -> impl Message<Output = ()> {
    build_call::<DefaultEnvironment>()
        .call(book)
        .exec_input(
            ExecutionInput::new(Selector::new(ink::selector_bytes!("set")))
                .push_arg(account(of))
                .push_arg(amount)
                .push_arg(until_ms),
        )
        .returns::<()>()
}

fn set_mode(book: AccountId, mode: Mode) -> impl Message<Output = ()> {
    build_call::<DefaultEnvironment>()
        .call(book)
        .exec_input(
            ExecutionInput::new(Selector::new(ink::selector_bytes!("set_mode"))).push_arg(mode),
        )
        .returns::<()>()
}

#[test]
fn a_stake_discounts_until_it_can_be_withdrawn_and_gives_nothing_if_it_cannot_be_told() {
    const ENOUGH: Balance = 500;
    let mut s = Stage::planned(PlanRules {
        stakers: 750_000,
        ..plain()
    });
    let suite = s.suite;
    let sam = account("sam");
    let book = instantiate(
        &mut s.chain,
        &artifacts_dir(),
        "stake_book",
        sam,
        ().encode(),
        &[],
    );
    let book = book.expect("is instantiated");
    let asks = OpenRequest {
        discount: Discount::Stake,
        ..request()
    };
    let opens = |s: &mut Stage, viewer| {
        let number = s.opens(viewer, asks);
        let session = s.session(viewer, number);
        (
            number,
            session.factor,
            session.discount,
            session.discount_until_ms,
        )
    };
    // Nobody tells yet.
    assert_eq!(opens(&mut s, "bob"), (1, FACTOR_ONE, FACTOR_ONE, 0));
    s.closes("bob", 1);

    let staking = Some(Staking {
        contract: book,
        minimum: ENOUGH,
    });
    assert_eq!(
        s.refused("mira", suite.plans().set_staking(staking)),
        Error::Admin(AdminError::NotOwner)
    );
    assert_eq!(s.read(suite.plans().staking()), None);
    let sent = s.must("owner", suite.plans().set_staking(staking));
    let event = StakingSet {
        old: None,
        new: staking,
    };
    told(&sent, [event.into()]);
    assert_eq!(s.read(suite.plans().staking()), staking);

    let until_ms = s.now() + 30_000;
    for (viewer, amount, until_ms) in [
        ("alice", ENOUGH, until_ms),
        ("bob", ENOUGH - 1, until_ms),
        ("rita", ENOUGH, s.now()),
    ] {
        s.chain
            .send(sam, set(book, viewer, amount, until_ms))
            .expect("is set");
    }
    s.deposits("rita");
    assert_eq!(opens(&mut s, "alice"), (1, 750_000, 750_000, until_ms));
    assert_eq!(opens(&mut s, "bob"), (2, FACTOR_ONE, FACTOR_ONE, 0));
    assert_eq!(opens(&mut s, "rita"), (1, FACTOR_ONE, FACTOR_ONE, 0));
    // What happens to the stake now is nothing to the session: 30 s at three quarters, 30 at 1,000,007.
    s.chain.send(sam, set(book, "alice", 0, 0)).expect("is set");
    s.advance(60_000);
    assert_eq!(s.owed("alice", 1), 52_500_367);
    assert_eq!(s.owed("bob", 2), 60_000_420);
    for (viewer, number) in [("alice", 1), ("bob", 2), ("rita", 1)] {
        s.closes(viewer, number);
    }

    // A book that fails stops nobody.
    let until_ms = s.now() + HOUR;
    s.chain
        .send(sam, set(book, "alice", ENOUGH, until_ms))
        .expect("is set");
    for (number, mode) in [(2, Mode::Trap), (3, Mode::Babble), (4, Mode::Spin)] {
        s.chain.send(sam, set_mode(book, mode)).expect("obeys");
        assert_eq!(
            opens(&mut s, "alice"),
            (number, FACTOR_ONE, FACTOR_ONE, 0),
            "{mode:?}"
        );
        s.closes("alice", number);
    }
    s.chain
        .send(sam, set_mode(book, Mode::Honest))
        .expect("obeys");
    assert_eq!(opens(&mut s, "alice"), (5, 750_000, 750_000, until_ms));
    s.closes("alice", 5);
    // Nor does an account that is no contract, and where a stake is worth nothing nobody asks.
    let nobody = Some(Staking {
        contract: account("nobody"),
        minimum: 0,
    });
    s.must("owner", suite.plans().set_staking(nobody));
    assert_eq!(opens(&mut s, "alice"), (6, FACTOR_ONE, FACTOR_ONE, 0));
    s.closes("alice", 6);
    s.must("owner", suite.plans().set_staking(staking));
    s.plans("mira", STREAM, PlanKind::Flat);
    assert_eq!(opens(&mut s, "alice"), (7, FACTOR_ONE, FACTOR_ONE, 0));
}

#[test]
fn plans_are_refused_for_each_documented_reason() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let set = |stream, rules| suite.plans().set_plan(stream, PlanKind::Rules(rules));
    let bad = PlanRules {
        preview_ms: MAX_PREVIEW_MS + 1,
        ..plain()
    };
    assert_eq!(
        s.refused("mira", set(9, bad.clone())),
        Error::StreamNotFound
    );
    assert_eq!(
        s.refused("noor", set(STREAM, bad.clone())),
        Error::NotOperator
    );
    let many = (1..=5).map(|after_ms| tier(after_ms, 1)).collect();
    for (rules, fault) in [
        (bad, PlanFault::PreviewTooLong),
        (
            PlanRules {
                tiers: many,
                ..plain()
            },
            PlanFault::TooMany,
        ),
        (
            PlanRules {
                premium: MAX_FACTOR + 1,
                ..plain()
            },
            PlanFault::FactorOutOfRange,
        ),
        (
            PlanRules {
                tiers: vec![tier(0, 1)],
                ..plain()
            },
            PlanFault::NotAscending,
        ),
        (
            PlanRules {
                peaks: vec![peak(0, 2, 1), peak(1, 3, 1)],
                ..plain()
            },
            PlanFault::PeakOutOfPlace,
        ),
        (
            PlanRules {
                audience: vec![step(1, HALF), step(2, HALF)],
                ..plain()
            },
            PlanFault::AudienceRaisesPrice,
        ),
    ] {
        assert_eq!(
            s.refused("mira", set(STREAM, rules)),
            Error::InvalidPlan(fault)
        );
    }
    assert_eq!(s.read(suite.pricing().plan(STREAM)), 0);
    // As is a quote of what does not exist.
    let quote = |s: &mut Stage, stream, asset, ms| {
        let quote = suite.plans().quote(quoted(stream, asset, ms));
        s.read(quote).map(|quote| quote.hold)
    };
    assert_eq!(quote(&mut s, 9, NATIVE, 1), Err(Error::StreamNotFound));
    assert_eq!(
        quote(&mut s, STREAM, 9, 1),
        Err(Error::AssetNotAccepted { asset: 9 })
    );
    assert_eq!(
        quote(&mut s, STREAM, NATIVE, Millis::MAX),
        Err(Error::Overflow)
    );
}

#[test]
fn a_plan_that_costs_nothing_takes_one_unit_on_hold_and_gives_it_back() {
    let mut s = Stage::planned(PlanRules {
        standard: 0,
        ..plain()
    });
    let free = OpenRequest {
        hold: 1,
        ceiling: 0,
        ..request()
    };
    s.opens("alice", free);
    s.advance(HOUR);
    assert_eq!(s.owed("alice", 1), 0);
    s.closes("alice", 1);
    assert_eq!(s.free("alice", NATIVE), DEPOSITED);
}
