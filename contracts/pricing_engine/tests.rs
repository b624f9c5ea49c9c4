//! Unit tests. Whatever asks the registry or the payment handler is tested on the embedded chain.

use crate::{pricing_engine::Pricing, rules::ensure_rates};
use ink::{
    env::{
        test::{default_accounts, recorded_events, set_block_timestamp, set_caller},
        DefaultEnvironment as Env,
    },
    scale::Encode,
};
use vilokanam_interfaces::{
    events::admin::*, AccountId, AdminError, Administered, AssetId, AssetRate, Balance, Change,
    ChargeItem, Charged, Class, Discount, Hash, Millis, Offer, OpenRequest, PendingChange,
    PricingEngine, PricingEngineError as Error, PricingPlans, StreamFacts, StreamId, Terms,
    TrackEntry, Wiring, FACTOR_ONE, MAX_CHANGE_DELAY_MS, MAX_CHARGES, MAX_HOLD, MAX_RATE,
    MAX_RATES, MAX_TRACK, MIN_CHANGE_DELAY_MS, MIN_REPRICE_MS, NATIVE,
};
use vilokanam_prices::book::Prices;

const STREAM: StreamId = 1;
const OTHER_STREAM: StreamId = 2;
const VLK: AssetId = 1;
const DOT: AssetId = 2;
/// Base units a second.
const RATE: Balance = 1_000;
/// 10^9 for each base unit: what a second at a rate of one accrues.
const UNIT: u128 = 1_000_000_000;
/// The hash of the second code.
const PLANS: [u8; 32] = [7; 32];
const NOW_MS: Millis = 1_700_000_000_000;
const SECOND: Millis = 1_000;

fn alice() -> AccountId {
    default_accounts::<Env>().alice
}

fn bob() -> AccountId {
    default_accounts::<Env>().bob
}

/// The engine, owned by alice, at `NOW_MS`.
fn engine() -> Pricing {
    set_caller::<Env>(alice());
    set_block_timestamp::<Env>(NOW_MS);
    Pricing::new(0, PLANS.into()).expect("an engine")
}

fn rate(asset: AssetId, rate_per_sec: Balance) -> AssetRate {
    AssetRate {
        asset,
        rate_per_sec,
    }
}

/// A session of the stream's first broadcast, since `NOW_MS`, whose hold of 60 rates lasts for a minute.
fn session() -> ChargeItem {
    ChargeItem {
        stream: STREAM,
        broadcast: 1,
        asset: NATIVE,
        rate_per_sec: RATE,
        factor: FACTOR_ONE,
        ceiling: 2 * RATE,
        hold: 60 * RATE,
        accrued: 0,
        since_ms: NOW_MS,
        running: true,
        stop_ms: Millis::MAX,
        planned: None,
    }
}

/// What `session()` was charged after `seconds` at its first rate.
fn charged_for(seconds: u64) -> Charged {
    Charged {
        accrued: u128::from(seconds) * RATE * UNIT,
        added_ms: seconds * SECOND,
        upto_ms: NOW_MS + seconds * SECOND,
        ended_ms: None,
        price_per_sec: RATE,
        above_ceiling: false,
    }
}

/// Reprices the first broadcast at an instant.
fn reprice(engine: &mut Pricing, at_ms: Millis, rates: &[AssetRate]) -> Result<(), Error> {
    set_block_timestamp::<Env>(at_ms);
    engine.reprice(STREAM, Some(1), rates).map(|_| ())
}

/// What bob asks for: a minute at `RATE`.
fn request(asset: AssetId) -> OpenRequest {
    OpenRequest {
        stream: STREAM,
        asset,
        hold: 60 * RATE,
        ceiling: RATE,
        until_ms: None,
        referrer: None,
        key: None,
        discount: Discount::None,
        sponsor: None,
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

/// What a stream with these facts offers to bob.
fn offer_on(engine: &Pricing, facts: StreamFacts, request: OpenRequest) -> Result<Offer, Error> {
    let prices = engine.book.prices(request.stream);
    engine.offer_on(facts, prices, bob(), &request)
}

/// The data of the events after the first `skip`.
fn emitted(skip: usize) -> Vec<Vec<u8>> {
    recorded_events()
        .skip(skip)
        .map(|event| event.data)
        .collect()
}

mod offers {
    use super::*;

    #[ink::test]
    fn a_new_stream_has_no_rates_and_the_flat_plan() {
        let engine = engine();
        assert_eq!(engine.rates(STREAM), vec![]);
        assert_eq!(engine.track(STREAM, 1), vec![]);
        assert_eq!(engine.plan(STREAM), 0);
        assert_eq!(
            offer_on(&engine, facts(), request(NATIVE)),
            Err(Error::AssetNotAccepted { asset: NATIVE })
        );
    }

    #[ink::test]
    fn offer_works() {
        let mut engine = engine();
        let rates = [rate(NATIVE, RATE), rate(DOT, 7)];
        assert_eq!(engine.reprice(STREAM, None, &rates), Ok(vec![]));
        let offer = Offer {
            broadcast: 1,
            class: Class::Premium,
            terms_no: 1,
            terms: facts().terms,
            rate_per_sec: RATE,
            factor: FACTOR_ONE,
            plan: 0,
            category: 3,
            step: 0,
            discount: FACTOR_ONE,
            discount_until_ms: 0,
            preview_ms: 0,
        };
        let offered = |request| offer_on(&engine, facts(), request);
        assert_eq!(offered(request(NATIVE)), Ok(offer));
        assert_eq!(offered(request(DOT)).map(|offer| offer.rate_per_sec), Ok(7));
        let asset = VLK;
        let not_accepted = Err(Error::AssetNotAccepted { asset });
        assert_eq!(offered(request(asset)), not_accepted);
        let elsewhere = OpenRequest {
            stream: OTHER_STREAM,
            ..request(VLK)
        };
        assert_eq!(offered(elsewhere), not_accepted);
    }

    #[ink::test]
    fn offer_fails_in_the_order_of_its_checks() {
        let mut engine = engine();
        let rates = [rate(NATIVE, RATE)];
        assert_eq!(engine.reprice(STREAM, None, &rates), Ok(vec![]));
        let offered = |facts, request| offer_on(&engine, facts, request);
        // Everything is wrong at first, and mended one by one.
        let mut on = StreamFacts {
            suspended: true,
            end_ms: NOW_MS,
            ..facts()
        };
        let mut wanted = OpenRequest {
            referrer: Some(bob()),
            hold: MAX_HOLD + 1,
            ceiling: RATE - 1,
            ..request(VLK)
        };
        assert_eq!(offered(on.clone(), wanted), Err(Error::Suspended));
        on.suspended = false;
        assert_eq!(offered(on.clone(), wanted), Err(Error::NotLive));
        on.end_ms = NOW_MS + 1;
        for referrer in [bob(), alice(), AccountId::from([0; 32])] {
            wanted.referrer = Some(referrer);
            assert_eq!(offered(on.clone(), wanted), Err(Error::InvalidReferrer));
        }
        wanted.referrer = Some(default_accounts::<Env>().django);
        let not_accepted = Error::AssetNotAccepted { asset: VLK };
        assert_eq!(offered(on.clone(), wanted), Err(not_accepted));
        wanted.asset = NATIVE;
        let above = Error::AboveCeiling {
            price_per_sec: RATE,
            ceiling: RATE - 1,
        };
        assert_eq!(offered(on.clone(), wanted), Err(above));
        wanted.ceiling = RATE;
        let large = Error::HoldTooLarge { max: MAX_HOLD };
        assert_eq!(offered(on.clone(), wanted), Err(large));
        wanted.hold = RATE - 1;
        let small = Error::HoldTooSmall { needed: RATE };
        assert_eq!(offered(on.clone(), wanted), Err(small));
        wanted.hold = RATE;
        assert!(offered(on, wanted).is_ok());
    }

    #[ink::test]
    fn a_broadcasts_end_stops_the_clock_before_the_sessions_own() {
        let engine = engine();
        let ends = [
            ((OTHER_STREAM, 1), NOW_MS),
            ((STREAM, 1), NOW_MS + 2 * SECOND),
        ];
        let charged = engine
            .charge_until(NOW_MS + 9 * SECOND, &[session()], &ends)
            .expect("within the limits");
        let ended_ms = charged.first().map(|c| (c.added_ms, c.ended_ms));
        assert_eq!(ended_ms, Some((2 * SECOND, Some(NOW_MS + 2 * SECOND))));
    }

    #[ink::test]
    fn rates_keep_the_plan() {
        let mut engine = engine();
        let mut prices = engine.book.prices(STREAM);
        prices.plan = 2;
        prices.ruled = true;
        engine.book.prices.insert(STREAM, &prices);
        let rates = vec![rate(NATIVE, RATE)];
        assert_eq!(engine.reprice(STREAM, None, &rates), Ok(vec![]));
        assert_eq!(engine.plan(STREAM), 2);
        assert_eq!(engine.plan(OTHER_STREAM), 0);
        assert_eq!(engine.book.prices(STREAM), Prices { rates, ..prices });
    }

    #[ink::test]
    fn messages_that_ask_others_fail_when_not_wired() {
        let mut engine = engine();
        let not_wired = Error::NotWired;
        assert_eq!(engine.set_rates(STREAM, vec![]), Err(not_wired.clone()));
        let offer = engine.offer(bob(), 0, request(NATIVE));
        assert_eq!(offer, Err(not_wired.clone()));
        assert_eq!(engine.charge(NOW_MS, vec![session()]), Err(not_wired));
        assert_eq!(emitted(0), Vec::<Vec<u8>>::new());
    }

    #[ink::test]
    fn limits_work() {
        let limits = engine().limits();
        assert_eq!((limits.rate, limits.rates), (MAX_RATE, MAX_RATES));
        assert_eq!((limits.track, limits.charges), (MAX_TRACK, MAX_CHARGES));
        assert_eq!(limits.min_reprice_ms, MIN_REPRICE_MS);
        assert_eq!((limits.factor, limits.preview_ms), (4_000_000, 3_600_000));
        assert_eq!((limits.tiers, limits.peaks), (4, 3));
        assert_eq!((limits.steps, limits.categories), (4, 4));
    }
}

mod rates {
    use super::*;

    /// Rates in as many assets.
    fn many(count: u16) -> Vec<AssetRate> {
        (0..count).map(|asset| rate(asset, 1)).collect()
    }

    #[ink::test]
    fn ensure_rates_works() {
        assert_eq!(ensure_rates(&[rate(VLK, 1)]), Ok(()));
        assert_eq!(ensure_rates(&[rate(VLK, MAX_RATE), rate(DOT, 1)]), Ok(()));
        assert_eq!(ensure_rates(&many(8)), Ok(()));
    }

    #[ink::test]
    fn ensure_rates_fails_in_the_documented_order() {
        let out_of_range = Err(Error::RateOutOfRange { max: MAX_RATE });
        assert_eq!(ensure_rates(&[]), Err(Error::NoRates));
        // Too many, of which one is named twice at no rate.
        let mut rates = many(8);
        rates.push(rate(0, 0));
        assert_eq!(
            ensure_rates(&rates),
            Err(Error::TooManyRates { max: MAX_RATES })
        );
        let rates = [rate(DOT, 0), rate(VLK, 1), rate(VLK, 2)];
        assert_eq!(ensure_rates(&rates), Err(Error::DuplicateAsset));
        assert_eq!(ensure_rates(&rates[..2]), out_of_range);
        assert_eq!(ensure_rates(&[rate(VLK, MAX_RATE + 1)]), out_of_range);
    }

    #[ink::test]
    fn rates_are_tracked_while_on_air_only() {
        let mut engine = engine();
        let first = [rate(NATIVE, RATE)];
        let second = [rate(NATIVE, RATE + 1), rate(VLK, 1)];
        assert_eq!(engine.reprice(STREAM, None, &first), Ok(vec![]));
        assert_eq!(engine.track(STREAM, 1), vec![]);
        assert_eq!(engine.reprice(STREAM, Some(1), &second), Ok(first.to_vec()));
        let entry = TrackEntry {
            from_ms: NOW_MS,
            rates: second.to_vec(),
        };
        assert_eq!(engine.track(STREAM, 1), vec![entry]);
        assert_eq!(engine.rates(STREAM), second.to_vec());
        // Off the air, as often as one likes.
        assert_eq!(engine.reprice(STREAM, None, &first), Ok(second.to_vec()));
        assert_eq!(engine.reprice(STREAM, None, &second), Ok(first.to_vec()));
        assert_eq!(engine.track(STREAM, 1).len(), 1);
        // The next broadcast has its own track, also less than a minute later.
        assert_eq!(
            engine.reprice(STREAM, Some(2), &second),
            Ok(second.to_vec())
        );
        assert_eq!(engine.track(STREAM, 2).len(), 1);
        assert_eq!(engine.track(OTHER_STREAM, 1), vec![]);
    }

    #[ink::test]
    fn reprice_fails_when_too_soon() {
        let mut engine = engine();
        let next_ms = NOW_MS + MIN_REPRICE_MS;
        let old = [rate(NATIVE, RATE)];
        let new = [rate(NATIVE, 2 * RATE)];
        assert_eq!(reprice(&mut engine, NOW_MS, &old), Ok(()));
        for at_ms in [NOW_MS, next_ms - 1] {
            assert_eq!(
                reprice(&mut engine, at_ms, &new),
                Err(Error::RepricedTooSoon { next_ms })
            );
        }
        assert_eq!(engine.rates(STREAM), old.to_vec());
        assert_eq!(reprice(&mut engine, next_ms, &new), Ok(()));
        assert_eq!(engine.rates(STREAM), new.to_vec());
    }

    #[ink::test]
    fn reprice_fails_when_the_track_is_full() {
        let mut engine = engine();
        let rates = many(8);
        let mut at_ms = NOW_MS;
        for _ in 0..MAX_TRACK {
            assert_eq!(reprice(&mut engine, at_ms, &rates), Ok(()));
            at_ms += MIN_REPRICE_MS;
        }
        // The largest track fits the 16 KiB of ink!'s buffer with room to spare.
        assert!(engine.track(STREAM, 1).encoded_size() < 12_000);
        // Also when it is too soon.
        for at_ms in [at_ms, at_ms - 1] {
            assert_eq!(
                reprice(&mut engine, at_ms, &rates),
                Err(Error::TrackFull { max: MAX_TRACK })
            );
        }
        assert_eq!(engine.track(STREAM, 1).len(), 64);
    }
}

mod charges {
    use super::*;

    fn charge(engine: &Pricing, after_seconds: u64, items: &[ChargeItem]) -> Vec<Charged> {
        engine
            .charge_until(NOW_MS + after_seconds * SECOND, items, &[])
            .expect("items within the limits")
    }

    #[ink::test]
    fn charge_works() {
        let engine = engine();
        assert_eq!(charge(&engine, 0, &[session()]), vec![charged_for(0)]);
        assert_eq!(charge(&engine, 5, &[session()]), vec![charged_for(5)]);
        assert_eq!(charge(&engine, 5, &[]), vec![]);
    }

    #[ink::test]
    fn charge_is_noop_when_charged_already() {
        let engine = engine();
        for seconds in [5, 60, 90] {
            let once = charge(&engine, seconds, &[session()])[0];
            let again = ChargeItem {
                accrued: once.accrued,
                since_ms: once.upto_ms,
                ..session()
            };
            let twice = Charged {
                added_ms: 0,
                ..once
            };
            assert_eq!(charge(&engine, seconds, &[again]), vec![twice]);
        }
    }

    #[ink::test]
    fn charge_ends_with_the_hold() {
        let engine = engine();
        let end = Charged {
            ended_ms: Some(NOW_MS + 60 * SECOND),
            ..charged_for(60)
        };
        assert_eq!(charge(&engine, 59, &[session()]), vec![charged_for(59)]);
        assert_eq!(charge(&engine, 60, &[session()]), vec![end]);
        assert_eq!(charge(&engine, 99, &[session()]), vec![end]);
    }

    #[ink::test]
    fn charge_follows_the_track_in_the_sessions_asset() {
        let mut engine = engine();
        // After 10 s: 1.5 times the rate; after 70 s the native asset is not listed; after 130 s above the ceiling.
        let steps = [
            (10, rate(NATIVE, RATE * 3 / 2)),
            (70, rate(VLK, 1)),
            (130, rate(NATIVE, 2 * RATE + 1)),
        ];
        for (after, rate) in steps {
            assert_eq!(
                reprice(&mut engine, NOW_MS + after * SECOND, &[rate]),
                Ok(())
            );
        }
        let item = ChargeItem {
            hold: MAX_HOLD,
            ..session()
        };
        assert_eq!(charge(&engine, 9, &[item]), vec![charged_for(9)]);
        // 10 s at the first rate, 90 at the second.
        let after_100 = Charged {
            accrued: 145 * RATE * UNIT,
            price_per_sec: RATE * 3 / 2,
            ..charged_for(100)
        };
        assert_eq!(charge(&engine, 100, &[item]), vec![after_100]);
        let end = Charged {
            accrued: 190 * RATE * UNIT,
            price_per_sec: 2 * RATE + 1,
            ended_ms: Some(NOW_MS + 130 * SECOND),
            above_ceiling: true,
            ..charged_for(130)
        };
        assert_eq!(charge(&engine, 130, &[item]), vec![end]);
        assert_eq!(charge(&engine, 500, &[item]), vec![end]);
    }

    #[ink::test]
    fn charge_keeps_streams_broadcasts_and_assets_apart() {
        let mut engine = engine();
        let rates = [rate(NATIVE, 2 * RATE), rate(VLK, RATE / 2)];
        assert_eq!(reprice(&mut engine, NOW_MS, &rates), Ok(()));
        let of = |stream, broadcast, asset| ChargeItem {
            stream,
            broadcast,
            asset,
            ..session()
        };
        // In no order at all: each change of cell, and back.
        let items = [
            of(STREAM, 1, NATIVE),
            of(STREAM, 1, VLK),
            of(STREAM, 1, NATIVE),
            of(STREAM, 2, NATIVE),
            of(OTHER_STREAM, 1, NATIVE),
            of(STREAM, 1, NATIVE),
            of(STREAM, 1, DOT),
        ];
        let prices: Vec<_> = charge(&engine, 1, &items)
            .iter()
            .map(|charged| (charged.accrued / UNIT, charged.price_per_sec))
            .collect();
        let expected = [2_000, 500, 2_000, 1_000, 1_000, 2_000, 1_000];
        assert_eq!(prices, expected.map(|price| (price, price)).to_vec());
    }

    #[ink::test]
    fn charge_tells_a_paused_session_the_price_of_now() {
        let mut engine = engine();
        let rates = [rate(NATIVE, 3 * RATE)];
        assert_eq!(reprice(&mut engine, NOW_MS + SECOND, &rates), Ok(()));
        let item = ChargeItem {
            running: false,
            stop_ms: NOW_MS + 9 * SECOND,
            ..session()
        };
        assert_eq!(charge(&engine, 0, &[item]), vec![charged_for(0)]);
        let dear = Charged {
            price_per_sec: 3 * RATE,
            above_ceiling: true,
            ..charged_for(0)
        };
        assert_eq!(charge(&engine, 1, &[item]), vec![dear]);
        let ended = Charged {
            ended_ms: Some(item.stop_ms),
            ..dear
        };
        assert_eq!(charge(&engine, 9, &[item]), vec![ended]);
        assert_eq!(charge(&engine, 99, &[item]), vec![ended]);
    }

    #[ink::test]
    fn prices_round_down_and_ceilings_do_not() {
        let item = ChargeItem {
            rate_per_sec: 3,
            factor: 1_499_999,
            ceiling: 4,
            ..session()
        };
        // 3 × 1.499999 = 4.499997.
        let charged = Charged {
            accrued: 0,
            ended_ms: Some(NOW_MS),
            price_per_sec: 4,
            above_ceiling: true,
            ..charged_for(0)
        };
        assert_eq!(charge(&engine(), 9, &[item]), vec![charged]);
    }

    #[ink::test]
    fn charge_fails_when_too_many() {
        let engine = engine();
        let mut items = vec![session(); MAX_CHARGES as usize];
        assert_eq!(charge(&engine, 1, &items), vec![charged_for(1); 64]);
        items.push(session());
        assert_eq!(
            engine.charge(NOW_MS, items),
            Err(Error::TooManyCharges { max: MAX_CHARGES })
        );
    }

    #[ink::test]
    fn charge_fails_when_numbers_are_out_of_limits() {
        let engine = engine();
        let bad = [
            ChargeItem {
                hold: u128::MAX,
                ..session()
            },
            ChargeItem {
                accrued: 60 * RATE * UNIT + 1,
                ..session()
            },
            ChargeItem {
                rate_per_sec: u128::MAX,
                ..session()
            },
        ];
        for item in bad {
            assert_eq!(
                engine.charge_until(NOW_MS + 1, &[session(), item], &[]),
                Err(Error::Overflow)
            );
        }
    }
}

mod administration {
    use super::*;

    fn wiring() -> Wiring {
        Wiring {
            registry: Some(alice()),
            payments: Some(bob()),
            passes: Some(charlie()),
            ..Wiring::default()
        }
    }

    fn charlie() -> AccountId {
        default_accounts::<Env>().charlie
    }

    #[ink::test]
    fn new_works() {
        let engine = engine();
        assert_eq!(engine.administration().owner, alice());
        assert_eq!(engine.administration().change_delay_ms, 0);
        assert_eq!(engine.administration().wiring, Wiring::default());
        assert_eq!(engine.administration().layout_version, 1);
        assert_eq!(engine.administration().second_code, Some(PLANS.into()));
        assert_eq!(emitted(0), Vec::<Vec<u8>>::new());
    }

    #[ink::test]
    fn new_fails_when_the_delay_is_out_of_range() {
        let error = AdminError::DelayOutOfRange {
            min_ms: MIN_CHANGE_DELAY_MS,
            max_ms: MAX_CHANGE_DELAY_MS,
        };
        for delay_ms in [1, MIN_CHANGE_DELAY_MS - 1, MAX_CHANGE_DELAY_MS + 1] {
            assert_eq!(
                Pricing::new(delay_ms, PLANS.into()).err(),
                Some(error.clone())
            );
        }
        assert!(Pricing::new(MIN_CHANGE_DELAY_MS, PLANS.into()).is_ok());
    }

    #[ink::test]
    fn wire_works_once() {
        let mut engine = engine();
        assert_eq!(engine.wire(wiring()), Ok(()));
        assert_eq!(engine.administration().wiring, wiring());
        let event = Wired { wiring: wiring() };
        assert_eq!(emitted(0), vec![event.encode()]);
        assert_eq!(engine.wire(wiring()), Err(AdminError::AlreadyWired));
        set_caller::<Env>(bob());
        assert_eq!(engine.wire(wiring()), Err(AdminError::NotOwner));
    }

    #[ink::test]
    fn wirings_must_name_registry_payments_and_passes_only() {
        let mut engine = engine();
        let less = Wiring {
            payments: None,
            ..wiring()
        };
        let more = Wiring {
            meter: Some(alice()),
            ..wiring()
        };
        for wrong in [Wiring::default(), less, more] {
            assert_eq!(engine.wire(wrong), Err(AdminError::WiringMismatch));
            assert_eq!(
                engine.announce(Change::Wiring(wrong)),
                Err(AdminError::WiringMismatch)
            );
        }
    }

    #[ink::test]
    fn a_wiring_changes_after_its_announcement() {
        set_caller::<Env>(alice());
        set_block_timestamp::<Env>(NOW_MS);
        let mut engine = Pricing::new(MIN_CHANGE_DELAY_MS, PLANS.into()).expect("an engine");
        assert_eq!(engine.wire(wiring()), Ok(()));
        let new = Wiring {
            registry: Some(bob()),
            payments: Some(alice()),
            passes: Some(alice()),
            ..Wiring::default()
        };
        let change = Change::Wiring(new);
        let due_ms = NOW_MS + MIN_CHANGE_DELAY_MS;
        assert_eq!(engine.announce(change), Ok(1));
        let pending = PendingChange {
            id: 1,
            change,
            due_ms,
        };
        assert_eq!(engine.administration().pending, vec![pending]);
        set_block_timestamp::<Env>(due_ms - 1);
        assert_eq!(engine.apply(1), Err(AdminError::ChangeNotDue { due_ms }));
        set_block_timestamp::<Env>(due_ms);
        set_caller::<Env>(bob());
        assert_eq!(engine.apply(1), Err(AdminError::NotOwner));
        set_caller::<Env>(alice());
        assert_eq!(engine.apply(1), Ok(()));
        assert_eq!(engine.apply(1), Err(AdminError::UnknownChange));
        assert_eq!(engine.administration().wiring, new);
        let events = vec![
            ChangeAnnounced {
                id: 1,
                change,
                due_ms,
            }
            .encode(),
            ChangeApplied {
                id: 1,
                old: Some(Change::Wiring(wiring())),
                new: change,
            }
            .encode(),
        ];
        assert_eq!(emitted(1), events);
    }

    #[ink::test]
    fn announce_takes_code_and_cancel_drops_it() {
        let mut engine = engine();
        assert_eq!(engine.announce(Change::Code(Hash::from([7; 32]))), Ok(1));
        assert_eq!(engine.cancel(1), Ok(()));
        assert_eq!(engine.cancel(1), Err(AdminError::UnknownChange));
        assert_eq!(engine.administration().pending, vec![]);
    }

    #[ink::test]
    fn the_second_code_changes_after_its_announcement() {
        set_caller::<Env>(alice());
        set_block_timestamp::<Env>(NOW_MS);
        let mut engine = Pricing::new(MIN_CHANGE_DELAY_MS, PLANS.into()).expect("an engine");
        let change = Change::SecondCode(Hash::from([8; 32]));
        let due_ms = NOW_MS + MIN_CHANGE_DELAY_MS;
        assert_eq!(engine.announce(change), Ok(1));
        assert_eq!(engine.apply(1), Err(AdminError::ChangeNotDue { due_ms }));
        set_block_timestamp::<Env>(due_ms);
        assert_eq!(engine.apply(1), Ok(()));
        let second_code = engine.administration().second_code;
        assert_eq!(second_code, Some(Hash::from([8; 32])));
        let event = ChangeApplied {
            id: 1,
            old: Some(Change::SecondCode(PLANS.into())),
            new: change,
        };
        assert_eq!(emitted(1), vec![event.encode()]);
    }

    #[ink::test]
    fn announce_fails_when_there_is_no_such_thing_to_change() {
        let mut engine = engine();
        let change = Change::Treasury(bob());
        assert_eq!(engine.announce(change), Err(AdminError::UnsupportedChange));
        set_caller::<Env>(bob());
        assert_eq!(engine.announce(change), Err(AdminError::NotOwner));
    }

    #[ink::test]
    fn ownership_moves_in_two_steps() {
        let mut engine = engine();
        assert_eq!(engine.propose_owner(Some(bob())), Ok(()));
        assert_eq!(engine.administration().proposed_owner, Some(bob()));
        assert_eq!(engine.accept_owner(), Err(AdminError::NotProposedOwner));
        set_caller::<Env>(bob());
        assert_eq!(engine.accept_owner(), Ok(()));
        assert_eq!(
            (
                engine.administration().owner,
                engine.administration().proposed_owner
            ),
            (bob(), None)
        );
        assert_eq!(engine.announce(Change::Delay(MIN_CHANGE_DELAY_MS)), Ok(1));
        assert_eq!(engine.apply(1), Ok(()));
        assert_eq!(engine.administration().change_delay_ms, MIN_CHANGE_DELAY_MS);
    }
}
