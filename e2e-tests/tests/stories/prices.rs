//! Rates and repricing: what is refused, and that every repricing is billed from its block onward.

use crate::common::*;
use vilokanam_chain::{account, VLK};
use vilokanam_interfaces::{
    AssetRate, OpenRequest, PaymentHandler, PricingEngine, PricingEngineError, PricingPlans,
    StreamRegistry, TickStream, TrackEntry, MAX_RATE, MAX_RATES, MAX_TRACK, NATIVE,
};

#[test]
fn rates_are_refused_for_each_documented_reason_and_the_track_is_bounded() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let set = |stream, rates: Vec<AssetRate>| suite.pricing().set_rates(stream, rates);
    let rate = |asset, rate_per_sec| AssetRate {
        asset,
        rate_per_sec,
    };
    let max = MAX_RATES;
    let ten: Vec<_> = (0..=MAX_RATES as u16).map(|asset| rate(asset, 0)).collect();
    assert_eq!(
        s.refused("mira", set(9, Vec::new())),
        PricingEngineError::StreamNotFound
    );
    for (rates, error) in [
        (Vec::new(), PricingEngineError::NoRates),
        (ten, PricingEngineError::TooManyRates { max }),
        (
            vec![rate(7, 0), rate(7, 0)],
            PricingEngineError::DuplicateAsset,
        ),
        (
            vec![rate(7, 1), rate(8, 0)],
            PricingEngineError::RateOutOfRange { max: MAX_RATE },
        ),
        (
            vec![rate(NATIVE, MAX_RATE + 1)],
            PricingEngineError::RateOutOfRange { max: MAX_RATE },
        ),
        (
            vec![rate(NATIVE, 1), rate(7, 1)],
            PricingEngineError::AssetNotAllowed { asset: 7 },
        ),
    ] {
        assert_eq!(s.refused("mira", set(STREAM, rates)), error);
    }

    // Too soon only after the first repricing of this broadcast.
    s.must("mira", set(STREAM, rates()));
    let next_ms = s.now() + MINUTE;
    s.advance(MINUTE - 1);
    assert_eq!(
        s.refused("mira", set(STREAM, rates())),
        PricingEngineError::RepricedTooSoon { next_ms }
    );
    s.advance(1);
    for entry in 1..MAX_TRACK {
        s.must("mira", set(STREAM, rates_of(entry.into(), VLK_RATE)));
        s.advance(MINUTE);
    }
    let track: Vec<TrackEntry> = s.read(suite.pricing().track(STREAM, 1));
    assert_eq!(track.len(), MAX_TRACK as usize);
    assert_eq!(
        s.refused("mira", set(STREAM, rates())),
        PricingEngineError::TrackFull { max: MAX_TRACK }
    );
    // The next broadcast has a track of its own.
    s.must("mira", suite.registry().end_broadcast(STREAM));
    s.must("mira", set(STREAM, rates()));
    s.must("mira", set(STREAM, rates()));
    s.must("mira", suite.registry().go_live(STREAM, GRACE));
    s.must("mira", set(STREAM, rates()));
    assert_eq!(s.read(suite.pricing().track(STREAM, 2)).len(), 1);
}

#[test]
fn every_repricing_is_billed_from_its_block_onward() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let any = OpenRequest {
        ceiling: u128::MAX,
        ..request()
    };
    s.opens("alice", any);
    s.opens("bob", vlk_request());
    // 10.5 s × 1,000,007, then 61 s × 1,234,567 while VLK is closed to new sessions, then 7.001 s × 3.
    s.advance(10_500);
    let native = |rate_per_sec| {
        vec![AssetRate {
            asset: NATIVE,
            rate_per_sec,
        }]
    };
    s.must("mira", suite.pricing().set_rates(STREAM, native(1_234_567)));
    s.advance(61_000);
    s.must("mira", suite.pricing().set_rates(STREAM, native(3)));
    s.advance(7_001);
    // 10,500,073.5 + 75,308,587 + 21.003
    assert_eq!(s.owed("alice", 1), 85_808_681);
    // bob's rate is what it was when it was last named: 333,333 × 78.501 s = 26,166,973.833
    assert_eq!(s.owed("bob", 1), 26_166_973);
    let closed = PricingEngineError::AssetNotAccepted { asset: VLK };
    let wanted = OpenRequest {
        asset: VLK,
        ..request()
    };
    let offer = s.read(suite.plans().offer(account("noor"), 2, wanted));
    assert_eq!(offer, Err(closed));
    s.must("sam", suite.meter().settle_page(STREAM, 0));
    // 85,808,681 less 8,580,868
    assert_eq!(s.payable("mira", NATIVE), 77_227_813);
    let sent = s.must("sam", suite.payments().withdraw_fees(NATIVE));
    assert_eq!(sent.value, 8_580_868);
}
