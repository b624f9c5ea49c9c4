//! The rules of prices at their very edges, and what a book charges.

use ink::prelude::vec::Vec;
use vilokanam_interfaces::{
    AccountId, AssetRate, Balance, ChargeItem, Charged, Class, Discount, Millis, OpenRequest,
    PricingEngineError as Error, Share, StreamFacts, Terms, TrackEntry, FACTOR_ONE, MAX_CHARGES,
    MAX_HOLD,
};
use vilokanam_prices::{
    book::{Book, Prices},
    rules::*,
};

const RATE: Balance = 1_000;
const VLK: u16 = 1;
const SINCE_MS: Millis = 1_700_000_000_000;
/// What a base unit accrues.
const UNIT: u128 = 1_000_000_000;

fn account(number: u8) -> AccountId {
    AccountId::from([number; 32])
}

/// Live until 1,000: account 1's, with account 2.
fn facts() -> StreamFacts {
    StreamFacts {
        class: Class::Standard,
        category: 0,
        terms_no: 1,
        terms: Terms {
            owner: account(1),
            owner_bps: 5_000,
            cohosts: vec![Share {
                account: account(2),
                bps: 5_000,
            }],
        },
        suspended: false,
        broadcast_no: 2,
        end_ms: 1_000,
    }
}

fn request(hold: Balance, ceiling: Balance) -> OpenRequest {
    OpenRequest {
        stream: 1,
        asset: VLK,
        hold,
        ceiling,
        until_ms: None,
        referrer: None,
        key: None,
        discount: Discount::None,
        sponsor: None,
    }
}

fn rate(asset: u16, rate_per_sec: Balance) -> AssetRate {
    AssetRate {
        asset,
        rate_per_sec,
    }
}

/// A session on broadcast 1, whose hold lasts for a minute.
fn session() -> ChargeItem {
    ChargeItem {
        stream: 1,
        broadcast: 1,
        asset: VLK,
        rate_per_sec: RATE,
        factor: FACTOR_ONE,
        ceiling: 2 * RATE,
        hold: 60 * RATE,
        accrued: 0,
        since_ms: SINCE_MS,
        running: true,
        stop_ms: Millis::MAX,
        planned: None,
    }
}

fn charged(accrued: Balance, seconds: Millis, price_per_sec: Balance) -> Charged {
    Charged {
        accrued: accrued * UNIT,
        added_ms: seconds * 1_000,
        upto_ms: SINCE_MS + seconds * 1_000,
        ended_ms: None,
        price_per_sec,
        above_ceiling: false,
    }
}

#[ink::test]
fn a_broadcast_is_on_air_until_its_end() {
    let mut stream = facts();
    assert_eq!(on_air(&stream, 0), Some(2));
    assert_eq!(on_air(&stream, 999), Some(2));
    assert_eq!(on_air(&stream, 1_000), None);
    assert_eq!(on_air(&stream, 1_001), None);
    stream.broadcast_no = 0;
    assert_eq!(on_air(&stream, 0), None);
}

#[ink::test]
fn a_viewer_opens_on_what_is_live_and_sent_by_nobody_who_is_paid() {
    let stream = facts();
    let viewer = account(9);
    let sent_by = |referrer| ensure_open(&stream, viewer, referrer, 999);
    assert_eq!(sent_by(None), Ok(()));
    assert_eq!(sent_by(Some(account(7))), Ok(()));
    for paid in [viewer, account(0), account(1), account(2)] {
        assert_eq!(sent_by(Some(paid)), Err(Error::InvalidReferrer));
    }
    let late = ensure_open(&stream, viewer, None, 1_000);
    assert_eq!(late, Err(Error::NotLive));
    let suspended = StreamFacts {
        suspended: true,
        ..stream
    };
    let refused = ensure_open(&suspended, viewer, None, 1_000);
    assert_eq!(refused, Err(Error::Suspended));
}

#[ink::test]
fn a_session_is_affordable_at_its_ceiling_for_a_second() {
    let afford =
        |rate, factor, hold, ceiling| ensure_affordable(rate, factor, &request(hold, ceiling));
    assert_eq!(afford(RATE, FACTOR_ONE, RATE, RATE), Ok(()));
    let above = Error::AboveCeiling {
        price_per_sec: RATE,
        ceiling: RATE - 1,
    };
    assert_eq!(afford(RATE, FACTOR_ONE, RATE, RATE - 1), Err(above));
    let needed = RATE;
    let small = Err(Error::HoldTooSmall { needed });
    assert_eq!(afford(RATE, FACTOR_ONE, RATE - 1, RATE), small);
    assert_eq!(afford(RATE, FACTOR_ONE, RATE + 1, RATE), Ok(()));
    assert_eq!(afford(RATE, FACTOR_ONE, MAX_HOLD, RATE), Ok(()));
    let large = Err(Error::HoldTooLarge { max: MAX_HOLD });
    assert_eq!(afford(RATE, FACTOR_ONE, MAX_HOLD + 1, RATE), large);
    let overflow = Err(Error::Overflow);
    assert_eq!(afford(Balance::MAX, 2, RATE, RATE), overflow);
}

#[ink::test]
fn rates_are_found_by_asset() {
    let rates = [rate(0, 5), rate(VLK, 7)];
    assert_eq!(rate_in(&rates, VLK), Some(7));
    assert_eq!(rate_of(&rates, 0), Ok(5));
    assert_eq!(rate_in(&rates, 2), None);
    let refused = Err(Error::AssetNotAccepted { asset: 2 });
    assert_eq!(rate_of(&rates, 2), refused);
    let track = [
        TrackEntry {
            from_ms: 1,
            rates: vec![rate(0, 5)],
        },
        TrackEntry {
            from_ms: 2,
            rates: rates.to_vec(),
        },
    ];
    assert_eq!(steps_of(&track, 0), [(1, 5), (2, 5)]);
    assert_eq!(steps_of(&track, VLK), [(2, 7)]);
    assert_eq!(steps_of(&track, 2), []);
}

#[ink::test]
fn ends_are_found_by_broadcast() {
    let ends = [((1, 1), 5), ((1, 2), 6)];
    assert_eq!(end_in(&ends, (1, 1)), 5);
    assert_eq!(end_in(&ends, (1, 2)), 6);
    assert_eq!(end_in(&ends, (2, 2)), Millis::MAX);
}

#[ink::test]
fn so_many_sessions_are_charged_at_once() {
    let items = vec![session(); MAX_CHARGES as usize + 1];
    assert_eq!(ensure_few(&items[1..]), Ok(()));
    assert_eq!(ensure_few(&items[2..]), Ok(()));
    let max = MAX_CHARGES;
    assert_eq!(ensure_few(&items), Err(Error::TooManyCharges { max }));
}

#[ink::test]
fn one_session_is_charged_by_its_own_factor() {
    let now_ms = SINCE_MS + 2_000;
    let item = ChargeItem {
        factor: 1_500_000,
        ..session()
    };
    let expected = charged(3_000, 2, 1_500);
    assert_eq!(charge_one(&item, &[], now_ms), Ok(expected));
    // It becomes dearer than the viewer wants.
    let steps = [(SINCE_MS + 1_000, RATE + 334)];
    let expected = Charged {
        ended_ms: Some(SINCE_MS + 1_000),
        above_ceiling: true,
        ..charged(1_500, 1, 2_001)
    };
    assert_eq!(charge_one(&item, &steps, now_ms), Ok(expected));
    let hold = Balance::MAX;
    let beyond = ChargeItem { hold, ..item };
    assert_eq!(charge_one(&beyond, &[], now_ms), Err(Error::Overflow));
}

#[ink::test]
fn a_book_keeps_what_streams_offer() {
    let mut book = Book::default();
    assert_eq!(book.prices(1), Prices::default());
    let prices = Prices {
        rates: vec![rate(VLK, 7)],
        plan: 3,
        ruled: true,
    };
    book.prices.insert(1, &prices);
    assert_eq!(book.prices(1), prices);
    assert_eq!(book.prices(2), Prices::default());
}

/// The sessions of a batch are charged in order, each by the track of its own broadcast, in its own asset, up to its own end.
#[ink::test]
fn a_batch_is_charged_by_each_sessions_own_track_asset_and_end() {
    let mut book = Book::default();
    let repriced = |vlk, native| {
        vec![TrackEntry {
            from_ms: SINCE_MS + 1_000,
            rates: vec![rate(VLK, vlk), rate(0, native)],
        }]
    };
    book.tracks.insert((1, 1), &repriced(1_100, 1_200));
    book.tracks.insert((1, 2), &repriced(1_300, 1_400));
    assert_eq!(book.track(1, 1), repriced(1_100, 1_200));
    assert_eq!(book.track(2, 1), []);
    let of = |stream, broadcast, asset| ChargeItem {
        stream,
        broadcast,
        asset,
        ..session()
    };
    let items = [
        of(1, 1, VLK),
        of(1, 1, VLK),
        of(1, 1, 0),
        of(1, 2, 0),
        of(1, 2, VLK),
        of(2, 1, VLK),
        of(1, 1, VLK),
    ];
    let now_ms = SINCE_MS + 2_000;
    let all = book.charge(&items, &[], |item, steps| charge_one(item, steps, now_ms));
    let accrued = |all: Vec<Charged>| all.iter().map(|c| c.accrued / UNIT).collect::<Vec<_>>();
    let expected = [2_100, 2_100, 2_200, 2_400, 2_300, 2_000, 2_100];
    assert_eq!(all.map(accrued), Ok(expected.to_vec()));
    // Broadcast 2 of stream 1 ended after half a second; one of the sessions had its own end before.
    let ends = [((1, 2), SINCE_MS + 500)];
    let own_end = ChargeItem {
        stop_ms: SINCE_MS + 400,
        ..of(1, 2, VLK)
    };
    let items = [of(1, 1, VLK), of(1, 2, VLK), own_end];
    let ended = book.charge(&items, &ends, |item, steps| charge_one(item, steps, now_ms));
    let ended = ended.expect("within limits");
    let told: Vec<_> = ended
        .iter()
        .map(|c| (c.accrued / UNIT, c.ended_ms))
        .collect();
    let expected = [
        (2_100, None),
        (500, Some(SINCE_MS + 500)),
        (400, Some(SINCE_MS + 400)),
    ];
    assert_eq!(told, expected);
    let failed = book.charge(&items, &[], |_, _| Err(Error::NotWired));
    assert_eq!(failed, Err(Error::NotWired));
}
