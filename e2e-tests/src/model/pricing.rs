//! `pricing_engine`: rates, plans, price tracks, charges.

use super::{
    clock::{Clock, Run, SCALE},
    Model, Part, PricingCall, Value,
};
use std::collections::{BTreeMap, BTreeSet};
use vilokanam_interfaces::{
    AccountId, AssetId, AssetRate, Balance, BroadcastNo, ChargeItem, Charged, Footprint, Millis,
    Obstacle, Offer, OpenRequest, PlanKind, PlanNo, PricingEngineError as Error, Quote, StreamId,
    TrackEntry, FACTOR_ONE, MAX_CHARGES, MAX_HOLD, MAX_RATE, MAX_RATES, MAX_TRACK, MIN_HOLD_MS,
    MIN_REPRICE_MS,
};

/// The pricing engine's state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pricing {
    /// The rates at which sessions open.
    pub rates: BTreeMap<StreamId, Vec<AssetRate>>,
    /// The repricings of each broadcast.
    pub tracks: BTreeMap<(StreamId, BroadcastNo), Vec<TrackEntry>>,
    /// Each stream's plans, from number 1.
    pub plans: BTreeMap<StreamId, Vec<PlanKind>>,
}

impl Model {
    /// The rates at which sessions open now.
    pub fn rates(&self, stream: StreamId) -> Vec<AssetRate> {
        self.pricing.rates.get(&stream).cloned().unwrap_or_default()
    }

    /// The repricings of a broadcast.
    pub fn track(&self, stream: StreamId, broadcast: BroadcastNo) -> &[TrackEntry] {
        let track = self.pricing.tracks.get(&(stream, broadcast));
        track.map_or(&[], Vec::as_slice)
    }

    /// The version of a stream's plan.
    pub fn plan(&self, stream: StreamId) -> PlanNo {
        self.pricing.plans.get(&stream).map_or(0, Vec::len) as PlanNo
    }

    /// A version of a stream's plan.
    pub fn plan_kind(&self, stream: StreamId, plan: PlanNo) -> Option<PlanKind> {
        let Some(place) = plan.checked_sub(1) else {
            return Some(PlanKind::Flat);
        };
        let plans = self.pricing.plans.get(&stream)?;
        plans.get(place as usize).copied()
    }

    /// The rate and the factor at which a session would open now.
    pub fn open_price(&self, stream: StreamId, asset: AssetId) -> Result<(Balance, u32), Error> {
        let rates = self.pricing.rates.get(&stream).into_iter().flatten();
        let rate = rates.into_iter().find(|r| r.asset == asset);
        let rate = rate.ok_or(Error::AssetNotAccepted { asset })?;
        Ok((rate.rate_per_sec, FACTOR_ONE)) // every plan is flat
    }

    /// What a session would be opened on.
    pub fn offer(&self, viewer: AccountId, request: &OpenRequest) -> Result<Offer, Error> {
        self.ensure_pricing_can_charge()?;
        let facts = self.facts(request.stream).ok_or(Error::StreamNotFound)?;
        if facts.suspended {
            return Err(Error::Suspended);
        }
        if !self.is_live(request.stream) {
            return Err(Error::NotLive);
        }
        if let Some(referrer) = request.referrer {
            let paid = facts.terms.cohosts.iter().any(|c| c.account == referrer);
            let nobody = AccountId::from([0; 32]);
            if paid || [viewer, facts.terms.owner, nobody].contains(&referrer) {
                return Err(Error::InvalidReferrer);
            }
        }
        let (rate_per_sec, factor) = self.open_price(request.stream, request.asset)?;
        let per_ms = rate_per_sec * u128::from(factor);
        if per_ms > request.ceiling.saturating_mul(1_000_000) {
            return Err(Error::AboveCeiling {
                price_per_sec: per_ms / 1_000_000,
                ceiling: request.ceiling,
            });
        }
        if request.hold > MAX_HOLD {
            return Err(Error::HoldTooLarge { max: MAX_HOLD });
        }
        let needed = (per_ms * u128::from(MIN_HOLD_MS)).div_ceil(SCALE);
        if request.hold < needed {
            return Err(Error::HoldTooSmall { needed });
        }
        Ok(Offer {
            broadcast: facts.broadcast_no,
            class: facts.class,
            terms_no: facts.terms_no,
            terms: facts.terms,
            rate_per_sec,
            factor,
            plan: self.plan(request.stream),
        })
    }

    /// What an offer and a charge need: the registry.
    pub(super) fn ensure_pricing_can_charge(&self) -> Result<(), Error> {
        self.ensure_pricing_wired()?;
        self.pricing_reads_registry()
    }

    /// Charges sessions.
    pub fn charge(&self, now_ms: Millis, items: &[ChargeItem]) -> Result<Vec<Charged>, Error> {
        if items.len() > MAX_CHARGES as usize {
            return Err(Error::TooManyCharges { max: MAX_CHARGES });
        }
        self.ensure_pricing_can_charge()?;
        let known = |item: &ChargeItem| self.broadcast(item.stream, item.broadcast).is_some();
        if !items.iter().all(known) {
            return Err(Error::BroadcastNotFound);
        }
        items
            .iter()
            .map(|item| self.charge_one(now_ms, item))
            .collect()
    }

    fn charge_one(&self, now_ms: Millis, item: &ChargeItem) -> Result<Charged, Error> {
        if item.rate_per_sec > MAX_RATE || item.hold > MAX_HOLD || item.accrued > item.hold * SCALE
        {
            return Err(Error::Overflow);
        }
        // An end to come is not known yet.
        let end_ms = self.broadcast_ends(&[(item.stream, item.broadcast)])[0];
        let ended_ms = end_ms.filter(|end_ms| *end_ms <= self.now_ms);
        let stop_ms = item.stop_ms.min(ended_ms.unwrap_or(Millis::MAX));
        let run = Run {
            from_ms: item.since_ms,
            to_ms: None,
        };
        let clock = Clock {
            base: item.accrued,
            runs: if item.running { &[run] } else { &[] },
            asset: item.asset,
            rate_per_sec: item.rate_per_sec,
            factor: item.factor,
            ceiling: item.ceiling,
            hold: item.hold,
            track: self.track(item.stream, item.broadcast),
            stop_ms,
        };
        let upto_ms = if item.running {
            clock.end_ms().min(now_ms).max(item.since_ms)
        } else {
            item.since_ms
        };
        // A paused session is not charged, but told the price that it would resume at.
        let priced_ms = match item.running {
            true => upto_ms,
            false => now_ms.min(stop_ms).max(item.since_ms),
        };
        Ok(Charged {
            accrued: clock.accrued_at(upto_ms),
            added_ms: upto_ms - item.since_ms,
            upto_ms,
            ended_ms: clock.ended_ms(now_ms),
            price_per_sec: clock.price_at(priced_ms) / 1_000_000,
            above_ceiling: clock.above_ceiling(priced_ms),
        })
    }

    /// What watching would cost; its deposit is not predicted.
    pub fn quote(
        &self,
        stream: StreamId,
        asset: AssetId,
        duration_ms: Millis,
    ) -> Result<Quote, Error> {
        self.ensure_pricing_wired()?;
        self.pricing_reads_registry()?;
        let facts = self.facts(stream).ok_or(Error::StreamNotFound)?;
        let (rate_per_sec, factor) = self.open_price(stream, asset)?;
        let per_ms = rate_per_sec * u128::from(factor);
        let hold = per_ms.checked_mul(duration_ms.into());
        let hold = hold.ok_or(Error::Overflow)?.div_ceil(SCALE);
        self.pricing_reads_payments()?;
        let allowed = self.asset(asset).is_some_and(|a| a.allowed);
        let obstacles = [
            (facts.suspended, Obstacle::Suspended),
            (facts.end_ms <= self.now_ms, Obstacle::NotLive),
            (!allowed, Obstacle::AssetNotAllowed),
            (self.paused_until() > 0, Obstacle::OpensPaused),
            (hold > MAX_HOLD, Obstacle::HoldTooLarge),
        ];
        Ok(Quote {
            rate_per_sec,
            factor,
            price_per_sec: per_ms / 1_000_000,
            hold,
            deposit: Footprint::default(),
            obstacle: obstacles.into_iter().find(|o| o.0).map(|o| o.1),
        })
    }

    pub(super) fn pricing_call(
        &mut self,
        caller: AccountId,
        call: &PricingCall,
    ) -> Result<Value, Error> {
        match call {
            PricingCall::SetPlan { stream, kind } => {
                self.ensure_pricing_operator(*stream, caller)?;
                self.pricing.plans.entry(*stream).or_default().push(*kind);
                Ok(Value::Number(self.plan(*stream)))
            }
            PricingCall::SetRates { stream, rates } => {
                self.ensure_pricing_operator(*stream, caller)?;
                self.check_rates(rates)?;
                if self.is_live(*stream) {
                    self.reprice(*stream, rates)?;
                }
                self.pricing.rates.insert(*stream, rates.clone());
                Ok(Value::Unit)
            }
            PricingCall::Offer { viewer, request } => {
                self.offer(*viewer, request).map(Value::Offer)
            }
            PricingCall::Charge { now_ms, items } => {
                self.charge(*now_ms, items).map(Value::Charged)
            }
            PricingCall::Quote {
                stream,
                asset,
                duration_ms,
            } => self.quote(*stream, *asset, *duration_ms).map(Value::Quote),
        }
    }

    fn ensure_pricing_wired(&self) -> Result<(), Error> {
        let wiring = self.wiring(Part::Pricing);
        if wiring.registry.is_none() || wiring.payments.is_none() {
            return Err(Error::NotWired);
        }
        Ok(())
    }

    fn pricing_reads_registry(&self) -> Result<(), Error> {
        let slot = self.wiring(Part::Pricing).registry;
        let answered = self.reaches(self.contracts.pricing, slot, self.contracts.registry);
        answered.then_some(()).ok_or(Error::CallFailed)
    }

    fn pricing_reads_payments(&self) -> Result<(), Error> {
        let slot = self.wiring(Part::Pricing).payments;
        let answered = self.reaches(self.contracts.pricing, slot, self.contracts.payments);
        answered.then_some(()).ok_or(Error::CallFailed)
    }

    fn ensure_pricing_operator(&self, stream: StreamId, caller: AccountId) -> Result<(), Error> {
        self.ensure_pricing_wired()?;
        self.pricing_reads_registry()?;
        if self.stream(stream).is_none() {
            return Err(Error::StreamNotFound);
        }
        if !self.may_operate(stream, caller) {
            return Err(Error::NotOperator);
        }
        Ok(())
    }

    fn check_rates(&self, rates: &[AssetRate]) -> Result<(), Error> {
        if rates.is_empty() {
            return Err(Error::NoRates);
        }
        if rates.len() > MAX_RATES as usize {
            return Err(Error::TooManyRates { max: MAX_RATES });
        }
        let assets: BTreeSet<_> = rates.iter().map(|r| r.asset).collect();
        if assets.len() < rates.len() {
            return Err(Error::DuplicateAsset);
        }
        let in_range = |rate: Balance| (1..=MAX_RATE).contains(&rate);
        if !rates.iter().all(|r| in_range(r.rate_per_sec)) {
            return Err(Error::RateOutOfRange { max: MAX_RATE });
        }
        self.pricing_reads_payments()?;
        for asset in rates.iter().map(|r| r.asset) {
            if !self.asset(asset).is_some_and(|a| a.allowed) {
                return Err(Error::AssetNotAllowed { asset });
            }
        }
        Ok(())
    }

    /// Adds to the track of the broadcast on air.
    fn reprice(&mut self, stream: StreamId, rates: &[AssetRate]) -> Result<(), Error> {
        let from_ms = self.now_ms;
        let broadcast = self.facts(stream).map_or(0, |f| f.broadcast_no);
        let track = self.track(stream, broadcast);
        if track.len() >= MAX_TRACK as usize {
            return Err(Error::TrackFull { max: MAX_TRACK });
        }
        if let Some(last) = track.last() {
            let next_ms = last.from_ms + MIN_REPRICE_MS;
            if from_ms < next_ms {
                return Err(Error::RepricedTooSoon { next_ms });
            }
        }
        let track = self.pricing.tracks.entry((stream, broadcast)).or_default();
        track.push(TrackEntry {
            from_ms,
            rates: rates.to_vec(),
        });
        Ok(())
    }
}
