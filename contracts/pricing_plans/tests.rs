//! Unit tests. Whatever asks the other contracts is tested on the embedded chain.

use crate::{
    plan::{by_pass, by_stake, ensure_plan, Discounted, Plan, NO_DISCOUNT},
    pricing_plans::{obstacle, priced, Plans},
};
use ink::{
    env::{
        test::{default_accounts, recorded_events, set_block_timestamp, set_caller},
        DefaultEnvironment as Env,
    },
    scale::Encode,
};
use vilokanam_interfaces::{
    events::pricing_engine::*, AccountId, AdminError, AssetRate, AudienceStep, Balance,
    CategoryFactor, ChargeItem, Charged, Class, Discount, Factors, Footprint, Millis, Obstacle,
    OpenRequest, PassDiscount, Peak, PlanFault, PlanKind, PlanRules, Planned,
    PricingEngineError as Error, PricingPlans, QuoteRequest, Stake, Staking, StreamFacts, StreamId,
    Terms, Tier, TrackEntry, DAY_MINUTES, FACTOR_ONE, MAX_CHARGES, MAX_FACTOR, MAX_HOLD,
    MAX_PREVIEW_MS, NATIVE,
};
use vilokanam_prices::book::Prices;

const STREAM: StreamId = 1;
const OTHER_STREAM: StreamId = 2;
/// Base units a second.
const RATE: Balance = 1_000;
/// 10^9 for each base unit.
const UNIT: u128 = 1_000_000_000;
/// 22:13:20 by UTC.
const NOW_MS: Millis = 1_700_000_000_000;
const SECOND: Millis = 1_000;
/// Half, in millionths.
const HALF: u32 = 500_000;

fn alice() -> AccountId {
    default_accounts::<Env>().alice
}

fn bob() -> AccountId {
    default_accounts::<Env>().bob
}

/// The engine, at `NOW_MS`; nobody owns it.
fn plans() -> Plans {
    set_caller::<Env>(alice());
    set_block_timestamp::<Env>(NOW_MS);
    Plans::new()
}

/// 10 s free; half price from a minute on; a quarter more from 22:14, which is 40 s after `NOW_MS`, to 23:00; 1.2 for premium streams,
/// 0.9 in category 3; 0.8 from ten viewers on, 0.5 from a hundred on.
fn rules() -> PlanRules {
    PlanRules {
        preview_ms: 10_000,
        tiers: vec![Tier {
            after_ms: 60_000,
            factor: HALF,
        }],
        peaks: vec![Peak {
            from_min: 1_334,
            to_min: 1_380,
            factor: 1_250_000,
        }],
        standard: FACTOR_ONE,
        premium: 1_200_000,
        subscription: 0,
        categories: vec![CategoryFactor {
            category: 3,
            factor: 900_000,
        }],
        audience: vec![
            AudienceStep {
                viewers: 10,
                factor: 800_000,
            },
            AudienceStep {
                viewers: 100,
                factor: HALF,
            },
        ],
        stakers: 750_000,
    }
}

fn planned() -> Planned {
    Planned {
        plan: 1,
        class: Class::Premium,
        category: 3,
        step: 1,
        discount: HALF,
        discount_until_ms: NOW_MS + 50 * SECOND,
        preview_ms: 10_000,
        watched_ms: 0,
    }
}

/// A session of the stream's first broadcast, since `NOW_MS`, on plan 1.
fn session() -> ChargeItem {
    ChargeItem {
        stream: STREAM,
        broadcast: 1,
        asset: NATIVE,
        rate_per_sec: RATE,
        factor: 7,
        ceiling: 2 * RATE,
        hold: 1_000 * RATE,
        accrued: 0,
        since_ms: NOW_MS,
        running: true,
        stop_ms: Millis::MAX,
        planned: Some(planned()),
    }
}

fn facts() -> StreamFacts {
    StreamFacts {
        class: Class::Premium,
        category: 3,
        terms_no: 1,
        terms: Terms {
            owner: alice(),
            owner_bps: 10_000,
            cohosts: vec![],
        },
        suspended: false,
        broadcast_no: 1,
        end_ms: NOW_MS + SECOND,
    }
}

fn request() -> OpenRequest {
    OpenRequest {
        stream: STREAM,
        asset: NATIVE,
        hold: MAX_HOLD,
        ceiling: 2 * RATE,
        until_ms: None,
        referrer: None,
        key: None,
        discount: Discount::None,
        sponsor: None,
    }
}

fn emitted() -> Vec<Vec<u8>> {
    recorded_events().map(|event| event.data).collect()
}

mod faults {
    use super::*;

    fn fault(change: impl FnOnce(&mut PlanRules)) -> Result<(), PlanFault> {
        let mut rules = rules();
        change(&mut rules);
        ensure_plan(&PlanKind::Rules(rules))
    }

    fn tier(after_ms: Millis) -> Tier {
        Tier {
            after_ms,
            factor: FACTOR_ONE,
        }
    }

    fn peak(from_min: u16, to_min: u16) -> Peak {
        Peak {
            from_min,
            to_min,
            factor: FACTOR_ONE,
        }
    }

    fn category(category: u16) -> CategoryFactor {
        CategoryFactor {
            category,
            factor: FACTOR_ONE,
        }
    }

    fn step(viewers: u32, factor: u32) -> AudienceStep {
        AudienceStep { viewers, factor }
    }

    #[ink::test]
    fn ensure_plan_works() {
        assert_eq!(ensure_plan(&PlanKind::Flat), Ok(()));
        assert_eq!(fault(|_| ()), Ok(()));
        // All at its limits.
        let most = fault(|rules| {
            *rules = PlanRules {
                preview_ms: MAX_PREVIEW_MS,
                tiers: vec![tier(1), tier(2), tier(3), tier(Millis::MAX)],
                peaks: vec![peak(0, 1), peak(1, 2), peak(1_439, DAY_MINUTES)],
                standard: MAX_FACTOR,
                premium: MAX_FACTOR,
                subscription: MAX_FACTOR,
                categories: vec![category(0), category(1), category(2), category(u16::MAX)],
                audience: vec![
                    step(1, FACTOR_ONE),
                    step(2, 2),
                    step(3, 1),
                    step(u32::MAX, 0),
                ],
                stakers: FACTOR_ONE,
            }
        });
        assert_eq!(most, Ok(()));
        // And with nothing.
        let least = fault(|rules| {
            *rules = PlanRules {
                preview_ms: 0,
                tiers: vec![],
                peaks: vec![],
                standard: 0,
                premium: 0,
                subscription: 0,
                categories: vec![],
                audience: vec![],
                stakers: 0,
            }
        });
        assert_eq!(least, Ok(()));
    }

    #[ink::test]
    fn ensure_plan_fails_when_the_preview_is_too_long() {
        assert_eq!(
            fault(|rules| rules.preview_ms = MAX_PREVIEW_MS + 1),
            Err(PlanFault::PreviewTooLong)
        );
    }

    #[ink::test]
    fn ensure_plan_fails_when_there_is_too_much() {
        let too_many = Err(PlanFault::TooMany);
        assert_eq!(fault(|r| r.tiers = (1..6).map(tier).collect()), too_many);
        assert_eq!(
            fault(|r| r.peaks = (0..4).map(|i| peak(i, i + 1)).collect()),
            too_many
        );
        assert_eq!(
            fault(|r| r.categories = (0..5).map(category).collect()),
            too_many
        );
        assert_eq!(
            fault(|r| r.audience = (1..6).map(|i| step(i, 9 - i)).collect()),
            too_many
        );
    }

    #[ink::test]
    fn ensure_plan_fails_when_a_factor_is_out_of_range() {
        let out_of_range = Err(PlanFault::FactorOutOfRange);
        let above = MAX_FACTOR + 1;
        assert_eq!(fault(|r| r.standard = above), out_of_range);
        assert_eq!(fault(|r| r.premium = above), out_of_range);
        assert_eq!(fault(|r| r.subscription = above), out_of_range);
        assert_eq!(fault(|r| r.tiers[0].factor = above), out_of_range);
        assert_eq!(fault(|r| r.peaks[0].factor = above), out_of_range);
        assert_eq!(fault(|r| r.categories[0].factor = above), out_of_range);
        assert_eq!(fault(|r| r.audience[1].factor = above), out_of_range);
        assert_eq!(fault(|r| r.stakers = FACTOR_ONE + 1), out_of_range);
    }

    #[ink::test]
    fn ensure_plan_fails_when_a_list_does_not_ascend() {
        let not_ascending = Err(PlanFault::NotAscending);
        assert_eq!(fault(|r| r.tiers = vec![tier(0)]), not_ascending);
        assert_eq!(fault(|r| r.tiers = vec![tier(2), tier(2)]), not_ascending);
        assert_eq!(
            fault(|r| r.tiers = vec![tier(Millis::MAX), tier(1)]),
            not_ascending
        );
        assert_eq!(
            fault(|r| r.peaks = vec![peak(5, 6), peak(5, 6)]),
            not_ascending
        );
        assert_eq!(
            fault(|r| r.peaks = vec![peak(5, 6), peak(3, 4)]),
            not_ascending
        );
        assert_eq!(
            fault(|r| r.categories = vec![category(1), category(1)]),
            not_ascending
        );
        assert_eq!(fault(|r| r.audience = vec![step(0, 1)]), not_ascending);
        assert_eq!(
            fault(|r| r.audience = vec![step(2, 2), step(2, 1)]),
            not_ascending
        );
    }

    #[ink::test]
    fn ensure_plan_fails_when_a_window_is_out_of_place() {
        let out_of_place = Err(PlanFault::PeakOutOfPlace);
        assert_eq!(fault(|r| r.peaks = vec![peak(5, 5)]), out_of_place);
        assert_eq!(fault(|r| r.peaks = vec![peak(6, 5)]), out_of_place);
        assert_eq!(
            fault(|r| r.peaks = vec![peak(5, DAY_MINUTES + 1)]),
            out_of_place
        );
        assert_eq!(
            fault(|r| r.peaks = vec![peak(5, 7), peak(6, 8)]),
            out_of_place
        );
        assert_eq!(
            fault(|r| r.peaks = vec![peak(u16::MAX, u16::MAX)]),
            out_of_place
        );
    }

    #[ink::test]
    fn ensure_plan_fails_when_an_audience_raises_the_price() {
        let raises = Err(PlanFault::AudienceRaisesPrice);
        assert_eq!(
            fault(|r| r.audience = vec![step(1, FACTOR_ONE + 1)]),
            raises
        );
        assert_eq!(fault(|r| r.audience = vec![step(1, 5), step(2, 5)]), raises);
        assert_eq!(fault(|r| r.audience = vec![step(1, 0), step(2, 0)]), raises);
    }

    #[ink::test]
    fn faults_come_in_the_documented_order() {
        // Everything is wrong at first, and mended one by one.
        let mut rules = PlanRules {
            preview_ms: MAX_PREVIEW_MS + 1,
            tiers: vec![tier(0), tier(1), tier(2), tier(3), tier(4)],
            peaks: vec![peak(9, 9)],
            audience: vec![step(1, FACTOR_ONE + 1)],
            stakers: FACTOR_ONE + 1,
            ..rules()
        };
        let fault = |rules: &PlanRules| ensure_plan(&PlanKind::Rules(rules.clone()));
        assert_eq!(fault(&rules), Err(PlanFault::PreviewTooLong));
        rules.preview_ms = 0;
        assert_eq!(fault(&rules), Err(PlanFault::TooMany));
        rules.tiers.pop();
        assert_eq!(fault(&rules), Err(PlanFault::FactorOutOfRange));
        rules.stakers = 0;
        assert_eq!(fault(&rules), Err(PlanFault::NotAscending));
        rules.tiers.remove(0);
        assert_eq!(fault(&rules), Err(PlanFault::PeakOutOfPlace));
        rules.peaks.clear();
        assert_eq!(fault(&rules), Err(PlanFault::AudienceRaisesPrice));
        rules.audience.clear();
        assert_eq!(fault(&rules), Ok(()));
    }
}

mod versions {
    use super::*;

    #[ink::test]
    fn plans_are_numbered_and_keep_the_rates() {
        let mut plans = plans();
        let rates = vec![AssetRate {
            asset: NATIVE,
            rate_per_sec: RATE,
        }];
        let prices = Prices {
            rates: rates.clone(),
            ..Prices::default()
        };
        plans.book.prices.insert(STREAM, &prices);
        assert_eq!(plans.plan_kind(STREAM, 0), Some(PlanKind::Flat));
        assert_eq!(plans.plan_kind(STREAM, 1), None);
        let kind = PlanKind::Rules(rules());
        assert_eq!(plans.add_plan(STREAM, kind.clone()), Ok(1));
        let ruled = Prices {
            rates,
            plan: 1,
            ruled: true,
        };
        assert_eq!(plans.book.prices(STREAM), ruled);
        assert_eq!(plans.add_plan(STREAM, PlanKind::Flat), Ok(2));
        let flat = Prices {
            plan: 2,
            ruled: false,
            ..ruled
        };
        assert_eq!(plans.book.prices(STREAM), flat);
        // The first stays, and other streams have none.
        assert_eq!(plans.plan_kind(STREAM, 1), Some(kind.clone()));
        assert_eq!(plans.plan_kind(STREAM, 2), Some(PlanKind::Flat));
        assert_eq!(plans.plan_kind(STREAM, 3), None);
        assert_eq!(plans.plan_kind(OTHER_STREAM, 1), None);
        let events = [(1, kind), (2, PlanKind::Flat)].map(|(plan, kind)| {
            PlanSet {
                stream: STREAM,
                plan,
                kind,
            }
            .encode()
        });
        assert_eq!(emitted(), events.to_vec());
    }

    #[ink::test]
    fn a_plan_with_a_fault_changes_nothing() {
        let mut plans = plans();
        let kind = PlanKind::Rules(PlanRules {
            stakers: FACTOR_ONE + 1,
            ..rules()
        });
        let fault = Error::InvalidPlan(PlanFault::FactorOutOfRange);
        assert_eq!(plans.add_plan(STREAM, kind), Err(fault));
        assert_eq!(plans.book.prices(STREAM), Prices::default());
        assert_eq!(plans.plan_kind(STREAM, 1), None);
        assert_eq!(emitted(), Vec::<Vec<u8>>::new());
    }

    #[ink::test]
    fn add_plan_fails_when_there_are_no_more_numbers() {
        let mut plans = plans();
        let prices = Prices {
            plan: u32::MAX,
            ..Prices::default()
        };
        plans.book.prices.insert(STREAM, &prices);
        assert_eq!(plans.add_plan(STREAM, PlanKind::Flat), Err(Error::Overflow));
        assert_eq!(plans.book.prices(STREAM), prices);
    }

    #[ink::test]
    fn messages_that_ask_others_fail_when_not_wired() {
        let mut plans = plans();
        let not_wired = Error::NotWired;
        let kind = PlanKind::Rules(rules());
        assert_eq!(plans.set_plan(STREAM, kind), Err(not_wired.clone()));
        assert_eq!(plans.offer(bob(), 0, request()), Err(not_wired.clone()));
        assert_eq!(
            plans.charge(NOW_MS, vec![session()]),
            Err(not_wired.clone())
        );
        let quote = QuoteRequest {
            stream: STREAM,
            asset: NATIVE,
            duration_ms: 1,
            audience: 0,
            viewer: None,
        };
        assert_eq!(plans.quote(quote), Err(not_wired));
        assert_eq!(emitted(), Vec::<Vec<u8>>::new());
    }

    #[ink::test]
    fn staking_is_named_by_the_owner_only() {
        let mut plans = plans();
        let staking = Some(Staking {
            contract: bob(),
            minimum: 5,
        });
        assert_eq!(plans.staking(), None);
        let not_owner = Err(Error::Admin(AdminError::NotOwner));
        assert_eq!(plans.set_staking(staking), not_owner);
        assert_eq!(plans.staking(), None);
        // As `pricing_engine` does when it is made.
        assert_eq!(plans.admin.init(0), Ok(()));
        assert_eq!(plans.set_staking(staking), Ok(()));
        assert_eq!(plans.staking(), staking);
        assert_eq!(plans.set_staking(None), Ok(()));
        assert_eq!(plans.staking(), None);
        set_caller::<Env>(bob());
        assert_eq!(plans.set_staking(staking), not_owner);
        let events =
            [(None, staking), (staking, None)].map(|(old, new)| StakingSet { old, new }.encode());
        assert_eq!(emitted(), events.to_vec());
    }
}

mod offers {
    use super::*;

    const NO_PASS: Result<Discounted, Error> = Err(Error::NoPass);

    fn offer(
        audience: u32,
        discount: Discounted,
        request: &OpenRequest,
    ) -> Result<(u32, Planned), Error> {
        let plan = Plan::new(PlanKind::Rules(rules()));
        let priced = priced(plan, 4, &facts(), audience, discount);
        let offer = plans().offer_at(RATE, priced, facts(), request)?;
        assert_eq!(
            (offer.broadcast, offer.terms_no, offer.rate_per_sec),
            (1, 1, RATE)
        );
        let planned = Planned {
            plan: offer.plan,
            class: offer.class,
            category: offer.category,
            step: offer.step,
            discount: offer.discount,
            discount_until_ms: offer.discount_until_ms,
            preview_ms: offer.preview_ms,
            watched_ms: 0,
        };
        Ok((offer.factor, planned))
    }

    #[ink::test]
    fn an_offer_names_all_that_makes_the_price() {
        // 1.2 × 0.9, before the peak.
        let plain = Planned {
            plan: 4,
            class: Class::Premium,
            category: 3,
            step: 0,
            discount: FACTOR_ONE,
            discount_until_ms: 0,
            preview_ms: 10_000,
            watched_ms: 0,
        };
        assert_eq!(offer(9, NO_DISCOUNT, &request()), Ok((1_080_000, plain)));
        // × 0.8 for ten viewers, × 0.5 for a hundred.
        let step = |step| Planned { step, ..plain };
        assert_eq!(offer(10, NO_DISCOUNT, &request()), Ok((864_000, step(1))));
        assert_eq!(offer(99, NO_DISCOUNT, &request()), Ok((864_000, step(1))));
        assert_eq!(offer(100, NO_DISCOUNT, &request()), Ok((540_000, step(2))));
        assert_eq!(
            offer(u32::MAX, NO_DISCOUNT, &request()),
            Ok((540_000, step(2)))
        );
        // × 0.333333 for a pass: 0.35999964.
        let pass = Discounted {
            factor: 333_333,
            until_ms: NOW_MS + 1,
        };
        let discounted = Planned {
            discount: 333_333,
            discount_until_ms: NOW_MS + 1,
            ..plain
        };
        assert_eq!(offer(0, pass, &request()), Ok((359_999, discounted)));
    }

    #[ink::test]
    fn ceilings_and_holds_go_by_the_factor_after_the_preview() {
        let wanted = OpenRequest {
            ceiling: 1_080,
            hold: 1_080,
            ..request()
        };
        assert!(offer(0, NO_DISCOUNT, &wanted).is_ok());
        let above = Error::AboveCeiling {
            price_per_sec: 1_080,
            ceiling: 1_079,
        };
        let ceiling = 1_079;
        assert_eq!(
            offer(0, NO_DISCOUNT, &OpenRequest { ceiling, ..wanted }),
            Err(above)
        );
        let small = Error::HoldTooSmall { needed: 1_080 };
        let hold = 1_079;
        assert_eq!(
            offer(0, NO_DISCOUNT, &OpenRequest { hold, ..wanted }),
            Err(small)
        );
        let large = Error::HoldTooLarge { max: MAX_HOLD };
        let hold = MAX_HOLD + 1;
        assert_eq!(
            offer(0, NO_DISCOUNT, &OpenRequest { hold, ..wanted }),
            Err(large)
        );
        // A pass that frees watching asks for no hold.
        let free = Discounted {
            factor: 0,
            until_ms: NOW_MS + 1,
        };
        let wanted = OpenRequest {
            ceiling: 0,
            hold: 0,
            ..wanted
        };
        assert_eq!(offer(0, free, &wanted).map(|o| o.0), Ok(0));
    }

    #[ink::test]
    fn passes_discount_until_they_lapse() {
        let pass = |factor, until_ms| Some(PassDiscount { factor, until_ms });
        let (factor, until_ms) = (HALF, NOW_MS + 1);
        assert_eq!(
            by_pass(pass(factor, until_ms), NOW_MS),
            Ok(Discounted { factor, until_ms })
        );
        assert_eq!(by_pass(pass(factor, NOW_MS), NOW_MS), NO_PASS);
        assert_eq!(by_pass(None, NOW_MS), NO_PASS);
    }

    #[ink::test]
    fn a_stake_is_worth_what_the_plan_says() {
        assert_eq!(Plan::new(PlanKind::Rules(rules())).stakers(), 750_000);
        assert_eq!(Plan::new(PlanKind::Flat).stakers(), FACTOR_ONE);
    }

    #[ink::test]
    fn stakes_discount_if_they_suffice() {
        let staking = Staking {
            contract: alice(),
            minimum: 5,
        };
        let by =
            |amount, until_ms| by_stake(HALF, &staking, Some(Stake { amount, until_ms }), NOW_MS);
        let discounted = Discounted {
            factor: HALF,
            until_ms: NOW_MS + 1,
        };
        assert_eq!(by(5, NOW_MS + 1), discounted);
        assert_eq!(by(4, NOW_MS + 1), NO_DISCOUNT);
        assert_eq!(by(5, NOW_MS), NO_DISCOUNT);
        assert_eq!(by_stake(HALF, &staking, None, NOW_MS), NO_DISCOUNT);
    }

    #[ink::test]
    fn a_quote_shows_of_what_the_price_is_made() {
        let plan = Plan::new(PlanKind::Rules(rules()));
        let discount = Discounted {
            factor: HALF,
            until_ms: NOW_MS + 50 * SECOND,
        };
        let priced = priced(plan, 4, &facts(), 10, discount);
        // 40 s at 432 a second; 10 at 540 in the peak; 10 at 1,080 without the pass; 20 at 540 in the tier.
        let quote = plans()
            .quote_at(RATE, &priced, 80 * SECOND)
            .expect("is quoted");
        assert_eq!(quote.hold, 17_280 + 5_400 + 10_800 + 10_800);
        assert_eq!(
            (quote.rate_per_sec, quote.factor, quote.price_per_sec),
            (RATE, 432_000, 432)
        );
        let factors = Factors {
            class: 1_200_000,
            category: 900_000,
            audience: 800_000,
            tier: FACTOR_ONE,
            peak: FACTOR_ONE,
            discount: HALF,
        };
        assert_eq!(quote.factors, factors);
        assert_eq!((quote.plan, quote.preview_ms), (4, 10_000));
        assert_eq!(quote.discount_until_ms, NOW_MS + 50 * SECOND);
        let deposit = Footprint {
            items: 4,
            bytes: 12_000,
        };
        assert_eq!(quote.deposit, deposit);
        // Rounded up.
        let quoted = |ms| plans().quote_at(RATE, &priced, ms).map(|quote| quote.hold);
        assert_eq!(quoted(1), Ok(1));
        assert_eq!(quoted(0), Ok(0));
        assert_eq!(quoted(Millis::MAX), Err(Error::Overflow));
    }

    #[ink::test]
    fn obstacles_come_in_the_documented_order() {
        let live = facts();
        let over = StreamFacts {
            end_ms: NOW_MS,
            ..facts()
        };
        let suspended = StreamFacts {
            suspended: true,
            ..over.clone()
        };
        let large = MAX_HOLD + 1;
        let after = NOW_MS + 1;
        let cases = [
            (&suspended, false, after, large, Some(Obstacle::Suspended)),
            (&over, false, after, large, Some(Obstacle::NotLive)),
            (&live, false, after, large, Some(Obstacle::AssetNotAllowed)),
            (&live, true, after, large, Some(Obstacle::OpensPaused)),
            (&live, true, NOW_MS, large, Some(Obstacle::HoldTooLarge)),
            (&live, true, NOW_MS, MAX_HOLD, None),
        ];
        for (facts, allowed, paused_until_ms, hold, expected) in cases {
            let found = obstacle(facts, allowed, paused_until_ms, hold, NOW_MS);
            assert_eq!(found, expected);
        }
    }
}

mod charges {
    use super::*;

    /// The engine with plan 1 of the stream.
    fn engine() -> Plans {
        let mut plans = plans();
        assert_eq!(plans.add_plan(STREAM, PlanKind::Rules(rules())), Ok(1));
        plans
    }

    fn charge(plans: &Plans, after_seconds: u64, items: &[ChargeItem]) -> Vec<Charged> {
        plans
            .charge_until(NOW_MS + after_seconds * SECOND, items, &[])
            .expect("items within the limits")
    }

    /// What is owed for so many seconds, and the price then.
    fn owed(plans: &Plans, after_seconds: u64, item: ChargeItem) -> (u128, Balance) {
        let charged = charge(plans, after_seconds, &[item]);
        let charged = charged.first().expect("one");
        assert_eq!(charged.added_ms, after_seconds * SECOND);
        assert_eq!(charged.accrued % UNIT, 0);
        (charged.accrued / UNIT, charged.price_per_sec)
    }

    #[ink::test]
    fn charge_follows_the_plan() {
        let plans = engine();
        // 1.2 × 0.9 × 0.8 = 0.864; half of it by the discount.
        let expected = [
            (0, 0, 0),
            (9, 0, 0),
            (10, 0, 432),
            (39, 29 * 432, 432),
            // The peak.
            (40, 12_960, 540),
            // The discount has lapsed.
            (50, 12_960 + 5_400, 1_080),
            // The tier.
            (60, 12_960 + 5_400 + 10_800, 540),
            (61, 12_960 + 5_400 + 10_800 + 540, 540),
        ];
        for (seconds, accrued, price) in expected {
            assert_eq!(
                owed(&plans, seconds, session()),
                (accrued, price),
                "{seconds}"
            );
        }
    }

    #[ink::test]
    fn items_without_a_plan_go_by_their_factor() {
        let item = ChargeItem {
            planned: None,
            factor: HALF,
            ..session()
        };
        let plans = engine();
        assert_eq!(owed(&plans, 60, item), (30_000, 500));
        // In one call with others.
        let charged = charge(&plans, 10, &[item, session(), item]);
        let prices: Vec<_> = charged.iter().map(|c| c.price_per_sec).collect();
        assert_eq!(prices, [500, 432, 500]);
    }

    #[ink::test]
    fn items_on_flat_plans_go_by_their_discount_only() {
        let flat = Planned {
            plan: 0,
            step: 0,
            preview_ms: 0,
            ..planned()
        };
        let item = ChargeItem {
            planned: Some(flat),
            ..session()
        };
        // Half for 50 s, then all.
        let mut plans = engine();
        assert_eq!(owed(&plans, 60, item), (35_000, 1_000));
        // A flat plan with a number, too.
        assert_eq!(plans.add_plan(STREAM, PlanKind::Flat), Ok(2));
        let item = ChargeItem {
            planned: Some(Planned { plan: 2, ..flat }),
            ..session()
        };
        assert_eq!(owed(&plans, 60, item), (35_000, 1_000));
    }

    #[ink::test]
    fn sessions_keep_their_version() {
        let mut plans = engine();
        let twice = PlanRules {
            premium: 2 * FACTOR_ONE,
            ..rules()
        };
        assert_eq!(plans.add_plan(STREAM, PlanKind::Rules(twice)), Ok(2));
        let newer = ChargeItem {
            planned: Some(Planned {
                plan: 2,
                ..planned()
            }),
            ..session()
        };
        let charged = charge(&plans, 11, &[session(), newer, session()]);
        let prices: Vec<_> = charged.iter().map(|c| c.accrued / UNIT).collect();
        assert_eq!(prices, [432, 720, 432]);
    }

    #[ink::test]
    fn classes_categories_and_steps_count() {
        let plans = engine();
        let price = |class, category, step| {
            let planned = Planned {
                class,
                category,
                step,
                discount_until_ms: 0,
                ..planned()
            };
            let planned = Some(planned);
            owed(
                &plans,
                10,
                ChargeItem {
                    planned,
                    ..session()
                },
            )
            .1
        };
        assert_eq!(price(Class::Standard, 4, 0), 1_000);
        assert_eq!(price(Class::Standard, 3, 0), 900);
        assert_eq!(price(Class::Premium, 4, 0), 1_200);
        assert_eq!(price(Class::Subscription, 4, 0), 0);
        assert_eq!(price(Class::Tips, 4, 0), 1_000);
        assert_eq!(price(Class::Standard, 4, 1), 800);
        assert_eq!(price(Class::Standard, 4, 2), 500);
    }

    #[ink::test]
    fn plans_ceilings_and_the_track_meet() {
        let mut plans = engine();
        let entry = TrackEntry {
            from_ms: NOW_MS + 20 * SECOND,
            rates: vec![AssetRate {
                asset: NATIVE,
                rate_per_sec: 2 * RATE,
            }],
        };
        plans.book.tracks.insert((STREAM, 1), &vec![entry]);
        // 10 s at 432, 20 at 864, then 1,080 in the peak is too much.
        let item = ChargeItem {
            ceiling: 1_079,
            ..session()
        };
        let end = Charged {
            accrued: (4_320 + 17_280) * UNIT,
            added_ms: 40 * SECOND,
            upto_ms: NOW_MS + 40 * SECOND,
            ended_ms: Some(NOW_MS + 40 * SECOND),
            price_per_sec: 1_080,
            above_ceiling: true,
        };
        assert_eq!(charge(&plans, 40, &[item]), vec![end]);
        assert_eq!(charge(&plans, 400, &[item]), vec![end]);
        // And the end of the broadcast before it.
        let ends = [((STREAM, 1), NOW_MS + 15 * SECOND)];
        let stopped = plans.charge_until(NOW_MS + 99 * SECOND, &[item], &ends);
        let stopped =
            stopped.map(|charged| charged.iter().map(|c| (c.accrued, c.ended_ms)).collect());
        assert_eq!(
            stopped,
            Ok(vec![(5 * 432 * UNIT, Some(NOW_MS + 15 * SECOND))])
        );
    }

    #[ink::test]
    fn a_paused_session_is_told_what_it_would_resume_at() {
        let plans = engine();
        let item = ChargeItem {
            running: false,
            ceiling: 539,
            ..session()
        };
        let told = |seconds, watched_ms| {
            let planned = Some(Planned {
                watched_ms,
                ..planned()
            });
            let charged = charge(&plans, seconds, &[ChargeItem { planned, ..item }]);
            charged
                .first()
                .map(|c| (c.added_ms, c.price_per_sec, c.above_ceiling))
        };
        // What was watched does not go on, the day does.
        assert_eq!(told(30, 9_999), Some((0, 0, false)));
        assert_eq!(told(30, 10_000), Some((0, 432, false)));
        assert_eq!(told(40, 10_000), Some((0, 540, true)));
        assert_eq!(told(50, 60_000), Some((0, 540, true)));
    }

    #[ink::test]
    fn charging_twice_changes_nothing() {
        let plans = engine();
        for seconds in [5, 10, 45, 55, 90] {
            let once = charge(&plans, seconds, &[session()]);
            let once = once.first().expect("one");
            let again = ChargeItem {
                accrued: once.accrued,
                since_ms: once.upto_ms,
                planned: Some(Planned {
                    watched_ms: once.added_ms,
                    ..planned()
                }),
                ..session()
            };
            let twice = Charged {
                added_ms: 0,
                ..*once
            };
            assert_eq!(charge(&plans, seconds, &[again]), vec![twice]);
        }
    }

    #[ink::test]
    fn charge_fails_when_the_plan_or_the_step_is_unknown() {
        let plans = engine();
        let unknown = [
            Planned {
                plan: 2,
                ..planned()
            },
            Planned {
                step: 3,
                ..planned()
            },
        ];
        for planned in unknown {
            let item = ChargeItem {
                planned: Some(planned),
                ..session()
            };
            assert_eq!(
                plans.charge_until(NOW_MS + 1, &[session(), item], &[]),
                Err(Error::Overflow)
            );
        }
        let elsewhere = ChargeItem {
            stream: OTHER_STREAM,
            ..session()
        };
        assert_eq!(
            plans.charge_until(NOW_MS, &[elsewhere], &[]),
            Err(Error::Overflow)
        );
    }

    #[ink::test]
    fn charge_fails_when_too_many() {
        let plans = engine();
        let mut items = vec![session(); MAX_CHARGES as usize];
        assert_eq!(charge(&plans, 11, &items).len(), 64);
        items.push(session());
        assert_eq!(
            plans.charge(NOW_MS, items),
            Err(Error::TooManyCharges { max: MAX_CHARGES })
        );
    }
}
