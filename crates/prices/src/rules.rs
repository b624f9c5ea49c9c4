//! The rules of prices that both codes go by, apart from storage and other contracts.

use crate::Result;
use ink::prelude::vec::Vec;
use vilokanam_interfaces::{
    AccountId, AssetId, AssetRate, Balance, BroadcastNo, ChargeItem, Charged, Millis, OpenRequest,
    PricingEngineError, StreamFacts, StreamId, TrackEntry, MAX_CHARGES, MAX_HOLD, MIN_HOLD_MS,
};
use vilokanam_math::charge as math;

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

/// Whether so many sessions can be charged in one call.
pub fn ensure_few(items: &[ChargeItem]) -> Result<()> {
    if items.len() > MAX_CHARGES as usize {
        return Err(PricingEngineError::TooManyCharges { max: MAX_CHARGES });
    }
    Ok(())
}

/// A session, for the arithmetic.
pub fn session(item: &ChargeItem) -> math::Item {
    math::Item {
        rate: item.rate_per_sec,
        factor: item.factor,
        ceiling: item.ceiling,
        hold: item.hold,
        accrued: item.accrued,
        since_ms: item.since_ms,
        running: item.running,
        stop_ms: item.stop_ms,
    }
}

/// What charging a session found, where `factor` goes with its rate; `None` if the price is out of limits.
pub fn told(item: &ChargeItem, charged: math::Charged, factor: u32) -> Option<Charged> {
    Some(Charged {
        accrued: charged.accrued,
        added_ms: charged.added_ms,
        upto_ms: charged.upto_ms,
        ended_ms: charged.ended_ms,
        price_per_sec: math::price(charged.rate, factor)?,
        above_ceiling: math::above_ceiling(charged.rate, factor, item.ceiling)?,
    })
}

/// Charges one session by its own factor. `steps` are the repricings of its broadcast in its asset.
pub fn charge_one(
    item: &ChargeItem,
    steps: &[(Millis, Balance)],
    now_ms: Millis,
) -> Result<Charged> {
    math::charge(&session(item), steps, now_ms)
        .and_then(|charged| told(item, charged, item.factor))
        .ok_or(PricingEngineError::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ink::prelude::vec;
    use vilokanam_interfaces::{Class, Terms};

    #[test]
    fn on_air_works() {
        let facts = StreamFacts {
            class: Class::Standard,
            category: 0,
            terms_no: 1,
            terms: Terms {
                owner: AccountId::from([1; 32]),
                owner_bps: 10_000,
                cohosts: vec![],
            },
            suspended: false,
            broadcast_no: 1,
            end_ms: 1_000,
        };
        assert_eq!(on_air(&facts, 0), Some(1));
        assert_eq!(on_air(&facts, 999), Some(1));
        assert_eq!(on_air(&facts, 1_000), None);
        let never = StreamFacts {
            broadcast_no: 0,
            ..facts
        };
        assert_eq!(on_air(&never, 0), None);
    }

    #[test]
    fn ends_are_those_of_the_broadcasts_named() {
        let ends = [((1, 1), 5), ((1, 2), 6)];
        assert_eq!(end_in(&ends, (1, 2)), 6);
        assert_eq!(end_in(&ends, (2, 1)), Millis::MAX);
    }
}
