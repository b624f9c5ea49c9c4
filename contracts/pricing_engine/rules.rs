//! The rules of rates, price tracks and quotes, apart from storage and other contracts.

use ink::prelude::vec::Vec;
use vilokanam_interfaces::{
    AssetId, AssetRate, Balance, BroadcastNo, ChargeItem, Charged, Millis, Obstacle, PlanKind,
    PricingEngineError, StreamFacts, TrackEntry, FACTOR_ONE, MAX_HOLD, MAX_RATE, MAX_RATES,
    MAX_TRACK, MIN_REPRICE_MS,
};
use vilokanam_math::charge as math;

type Result<T> = core::result::Result<T, PricingEngineError>;

/// The stream's broadcast on air at an instant.
pub fn on_air(facts: &StreamFacts, now_ms: Millis) -> Option<BroadcastNo> {
    (facts.broadcast_no > 0 && now_ms < facts.end_ms).then_some(facts.broadcast_no)
}

/// Whether a stream could have these rates, whatever the assets.
pub fn ensure_rates(rates: &[AssetRate]) -> Result<()> {
    if rates.is_empty() {
        return Err(PricingEngineError::NoRates);
    }
    if rates.len() > MAX_RATES as usize {
        return Err(PricingEngineError::TooManyRates { max: MAX_RATES });
    }
    let is_twice = |rate: &AssetRate| rates.iter().filter(|r| r.asset == rate.asset).count() > 1;
    if rates.iter().any(is_twice) {
        return Err(PricingEngineError::DuplicateAsset);
    }
    if !rates
        .iter()
        .all(|rate| (1..=MAX_RATE).contains(&rate.rate_per_sec))
    {
        return Err(PricingEngineError::RateOutOfRange { max: MAX_RATE });
    }
    Ok(())
}

/// Whether a track takes another entry now.
pub fn ensure_room(track: &[TrackEntry], now_ms: Millis) -> Result<()> {
    if track.len() >= MAX_TRACK as usize {
        return Err(PricingEngineError::TrackFull { max: MAX_TRACK });
    }
    if let Some(last) = track.last() {
        let next_ms = last.from_ms.saturating_add(MIN_REPRICE_MS);
        if now_ms < next_ms {
            return Err(PricingEngineError::RepricedTooSoon { next_ms });
        }
    }
    Ok(())
}

/// The rate in one asset, if it is listed.
pub fn rate_in(rates: &[AssetRate], asset: AssetId) -> Option<Balance> {
    rates
        .iter()
        .find(|rate| rate.asset == asset)
        .map(|rate| rate.rate_per_sec)
}

/// The repricings in one asset.
pub fn steps_of(track: &[TrackEntry], asset: AssetId) -> Vec<(Millis, Balance)> {
    track
        .iter()
        .filter_map(|entry| Some((entry.from_ms, rate_in(&entry.rates, asset)?)))
        .collect()
}

/// The price factor of a session that opens on a plan.
pub fn factor(kind: PlanKind) -> u32 {
    match kind {
        PlanKind::Flat => FACTOR_ONE,
    }
}

/// Charges one session of the broadcast and asset that `steps` are of; `None` if its numbers are out of limits.
pub fn charge_one(
    item: &ChargeItem,
    steps: &[(Millis, Balance)],
    now_ms: Millis,
) -> Option<Charged> {
    let session = math::Item {
        rate: item.rate_per_sec,
        factor: item.factor,
        ceiling: item.ceiling,
        hold: item.hold,
        accrued: item.accrued,
        since_ms: item.since_ms,
        running: item.running,
        stop_ms: item.stop_ms,
    };
    let charged = math::charge(&session, steps, now_ms)?;
    Some(Charged {
        accrued: charged.accrued,
        added_ms: charged.added_ms,
        upto_ms: charged.upto_ms,
        ended_ms: charged.ended_ms,
        price_per_sec: math::price(charged.rate, item.factor)?,
        above_ceiling: math::above_ceiling(charged.rate, item.factor, item.ceiling)?,
    })
}

/// The first thing that stands in the way of opening with this hold.
pub fn obstacle(
    facts: &StreamFacts,
    allowed: bool,
    paused_until_ms: Millis,
    hold: Balance,
    now_ms: Millis,
) -> Option<Obstacle> {
    [
        (facts.suspended, Obstacle::Suspended),
        (on_air(facts, now_ms).is_none(), Obstacle::NotLive),
        (!allowed, Obstacle::AssetNotAllowed),
        (paused_until_ms > now_ms, Obstacle::OpensPaused),
        (hold > MAX_HOLD, Obstacle::HoldTooLarge),
    ]
    .into_iter()
    .find_map(|(stands, obstacle)| stands.then_some(obstacle))
}
