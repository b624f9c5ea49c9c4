//! The rules of rates and price tracks, apart from storage and other contracts.

use vilokanam_interfaces::{
    AssetRate, Millis, PricingEngineError, TrackEntry, MAX_RATE, MAX_RATES, MAX_TRACK,
    MIN_REPRICE_MS,
};
use vilokanam_prices::Result;

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
