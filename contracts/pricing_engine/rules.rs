//! The rules of rates, price tracks and quotes, apart from storage and other contracts.

use ink::prelude::vec::Vec;
use vilokanam_interfaces::{
    AccountId, AssetId, AssetRate, Balance, BroadcastNo, ChargeItem, Charged, Millis, Obstacle,
    OpenRequest, PlanKind, PricingEngineError, StreamFacts, StreamId, TrackEntry, FACTOR_ONE,
    MAX_HOLD, MAX_RATE, MAX_RATES, MAX_TRACK, MIN_HOLD_MS, MIN_REPRICE_MS,
};
use vilokanam_math::charge as math;

type Result<T> = core::result::Result<T, PricingEngineError>;

/// The stream's broadcast on air at an instant.
pub fn on_air(facts: &StreamFacts, now_ms: Millis) -> Option<BroadcastNo> {
    (facts.broadcast_no > 0 && now_ms < facts.end_ms).then_some(facts.broadcast_no)
}

/// A broadcast, and when it ended; `Millis::MAX` if it has not.
pub type End = ((StreamId, BroadcastNo), Millis);

/// When a broadcast ended, of those listed.
pub fn end_in(ends: &[End], broadcast: (StreamId, BroadcastNo)) -> Millis {
    ends.iter()
        .find(|(of, _)| *of == broadcast)
        .map_or(Millis::MAX, |(_, end_ms)| *end_ms)
}

/// Whether a viewer whom `referrer` sent could open on a stream now.
pub fn ensure_open(
    facts: &StreamFacts,
    viewer: AccountId,
    referrer: Option<AccountId>,
    now_ms: Millis,
) -> Result<()> {
    if facts.suspended {
        return Err(PricingEngineError::Suspended);
    }
    if on_air(facts, now_ms).is_none() {
        return Err(PricingEngineError::NotLive);
    }
    let Some(referrer) = referrer else {
        return Ok(());
    };
    let terms = &facts.terms;
    if referrer == viewer
        || referrer == AccountId::from([0; 32])
        || referrer == terms.owner
        || terms.cohosts.iter().any(|share| share.account == referrer)
    {
        return Err(PricingEngineError::InvalidReferrer);
    }
    Ok(())
}

/// Whether a session at this price keeps the ceiling, and its hold the limits.
pub fn ensure_affordable(rate: Balance, factor: u32, request: &OpenRequest) -> Result<()> {
    let overflow = PricingEngineError::Overflow;
    let ceiling = request.ceiling;
    if math::above_ceiling(rate, factor, ceiling).ok_or(overflow.clone())? {
        return Err(PricingEngineError::AboveCeiling {
            price_per_sec: math::price(rate, factor).ok_or(overflow)?,
            ceiling,
        });
    }
    if request.hold > MAX_HOLD {
        return Err(PricingEngineError::HoldTooLarge { max: MAX_HOLD });
    }
    let needed = math::hold_for(rate, factor, MIN_HOLD_MS).ok_or(overflow)?;
    if request.hold < needed {
        return Err(PricingEngineError::HoldTooSmall { needed });
    }
    Ok(())
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

/// The rate in one asset, or `AssetNotAccepted`.
pub fn rate_of(rates: &[AssetRate], asset: AssetId) -> Result<Balance> {
    rate_in(rates, asset).ok_or(PricingEngineError::AssetNotAccepted { asset })
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
