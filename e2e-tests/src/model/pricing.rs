//! `pricing_engine`: rates, plans, price tracks, charges.

use super::{
    clock::{self, Clock, Factor, Run, SCALE},
    Model, Part, PricingCall, Value,
};
use std::collections::{BTreeMap, BTreeSet};
use vilokanam_interfaces::{
    AccountId, AdminError, AssetId, AssetRate, Balance, BroadcastNo, ChargeItem, Charged, Discount,
    Factors, Footprint, Millis, Obstacle, Offer, OpenRequest, PlanFault, PlanKind, PlanNo,
    PlanRules, PricingEngineError as Error, Quote, QuoteRequest, Stake, Staking, StreamFacts,
    StreamId, TrackEntry, DAY_MINUTES, FACTOR_ONE, MAX_CATEGORY_FACTORS, MAX_CHARGES, MAX_FACTOR,
    MAX_HOLD, MAX_PEAKS, MAX_PREVIEW_MS, MAX_RATE, MAX_RATES, MAX_STEPS, MAX_TIERS, MAX_TRACK,
    MIN_HOLD_MS, MIN_REPRICE_MS,
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
    /// Who tells what is at stake.
    pub staking: Option<Staking>,
}

/// Whether a list is ascending, without two that are equal; `above_zero`: from one on.
fn ascends<T: Ord + Default>(list: impl Iterator<Item = T>, above_zero: bool) -> bool {
    let list: Vec<_> = list.collect();
    let begins = !above_zero || list.first() != Some(&T::default());
    begins && list.windows(2).all(|two| two[0] < two[1])
}

/// The first thing that is wrong with a plan.
fn check_plan(kind: &PlanKind) -> Result<(), Error> {
    let PlanKind::Rules(rules) = kind else {
        return Ok(());
    };
    let PlanRules {
        tiers,
        peaks,
        categories,
        audience,
        ..
    } = rules;
    let many = [
        tiers.len() > MAX_TIERS as usize,
        peaks.len() > MAX_PEAKS as usize,
        categories.len() > MAX_CATEGORY_FACTORS as usize,
        audience.len() > MAX_STEPS as usize,
    ];
    let factors = tiers.iter().map(|t| t.factor);
    let factors = factors.chain(peaks.iter().map(|p| p.factor));
    let factors = factors.chain(categories.iter().map(|c| c.factor));
    let factors = factors.chain(audience.iter().map(|s| s.factor));
    let classes = [rules.standard, rules.premium, rules.subscription];
    let too_high = factors.chain(classes).any(|f| f > MAX_FACTOR);
    let in_order = ascends(tiers.iter().map(|t| t.after_ms), true)
        && ascends(peaks.iter().map(|p| p.from_min), false)
        && ascends(categories.iter().map(|c| c.category), false)
        && ascends(audience.iter().map(|s| s.viewers), true);
    let mut day = BTreeSet::new();
    let mut end = 0;
    let mut peaks_fit = true;
    for peak in peaks {
        let minutes = peak.from_min..peak.to_min;
        peaks_fit &= !minutes.is_empty() && peak.to_min <= DAY_MINUTES && end <= peak.from_min;
        peaks_fit &= minutes.into_iter().all(|minute| day.insert(minute));
        end = peak.to_min;
    }
    let lowers = audience.iter().map(|s| s.factor);
    let lowers: Vec<_> = std::iter::once(FACTOR_ONE + 1).chain(lowers).collect();
    let faults = [
        (rules.preview_ms > MAX_PREVIEW_MS, PlanFault::PreviewTooLong),
        (many.contains(&true), PlanFault::TooMany),
        (
            too_high || rules.stakers > FACTOR_ONE,
            PlanFault::FactorOutOfRange,
        ),
        (!in_order, PlanFault::NotAscending),
        (!peaks_fit, PlanFault::PeakOutOfPlace),
        (
            !lowers.windows(2).all(|two| two[0] > two[1]),
            PlanFault::AudienceRaisesPrice,
        ),
    ];
    match faults.into_iter().find(|fault| fault.0) {
        Some((_, fault)) => Err(Error::InvalidPlan(fault)),
        None => Ok(()),
    }
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
        plans.get(place as usize).cloned()
    }

    /// The base rate at which a session would open now.
    pub fn open_rate(&self, stream: StreamId, asset: AssetId) -> Result<Balance, Error> {
        let rates = self.pricing.rates.get(&stream).into_iter().flatten();
        let rate = rates.into_iter().find(|r| r.asset == asset);
        Ok(rate.ok_or(Error::AssetNotAccepted { asset })?.rate_per_sec)
    }

    /// What the viewer has at stake by the staking contract, if that is enough and it can be told.
    fn stake_of(&self, viewer: AccountId) -> Option<Stake> {
        let staking = self.pricing.staking?;
        let stake = self.stakes.get(&staking.contract)?.get(&viewer).copied();
        let stake = stake.unwrap_or(Stake {
            amount: 0,
            until_ms: 0,
        });
        let counts = stake.amount >= staking.minimum && self.now_ms < stake.until_ms;
        counts.then_some(stake)
    }

    /// The factor of what the viewer asks for, and when it lapses.
    fn discount_of(
        &self,
        viewer: AccountId,
        discount: Discount,
        stream: StreamId,
        facts: &StreamFacts,
        rules: Option<&PlanRules>,
    ) -> Result<(u32, Millis), Error> {
        let none = (FACTOR_ONE, 0);
        match discount {
            Discount::None => Ok(none),
            Discount::Pass => {
                let slot = self.wiring(Part::Pricing).passes;
                if !self.reaches(self.contracts.pricing, slot, self.contracts.passes) {
                    return Err(Error::CallFailed);
                }
                let best = self.pass_discount(viewer, stream, facts.terms.owner);
                let best = best.ok_or(Error::NoPass)?;
                Ok((best.factor, best.until_ms))
            }
            Discount::Stake => {
                let Some(rules) = rules.filter(|rules| rules.stakers < FACTOR_ONE) else {
                    return Ok(none);
                };
                let contract = self.pricing.staking.map(|staking| staking.contract);
                if contract == Some(self.contracts.pricing) {
                    // A call to itself traps the second code, and the first answers for it.
                    return Err(Error::PlansFailed);
                }
                let stake = self.stake_of(viewer);
                Ok(stake.map_or(none, |stake| (rules.stakers, stake.until_ms)))
            }
        }
    }

    /// What a session would be priced by that opens now; its preview is the plan's.
    fn priced_by(
        &self,
        viewer: Option<(AccountId, Discount)>,
        audience: u32,
        stream: StreamId,
        facts: &StreamFacts,
    ) -> Result<clock::Pricing, Error> {
        let kind = self.plan_kind(stream, self.plan(stream));
        let rules = kind.as_ref().and_then(clock::Pricing::rules);
        let (discount, discount_until_ms) = match viewer {
            Some((viewer, discount)) => {
                self.discount_of(viewer, discount, stream, facts, rules.as_ref())?
            }
            None => (FACTOR_ONE, 0),
        };
        let steps = rules.iter().flat_map(|rules| &rules.audience);
        let step = steps.filter(|step| step.viewers <= audience).count();
        Ok(clock::Pricing {
            class: facts.class,
            category: facts.category,
            step: step as u8,
            discount,
            discount_until_ms,
            preview_ms: rules.as_ref().map_or(0, |rules| rules.preview_ms),
            rules,
        })
    }

    /// What a session would be opened on.
    pub fn offer(
        &self,
        viewer: AccountId,
        audience: u32,
        request: &OpenRequest,
    ) -> Result<Offer, Error> {
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
        let rate_per_sec = self.open_rate(request.stream, request.asset)?;
        let asks = Some((viewer, request.discount));
        let pricing = self.priced_by(asks, audience, request.stream, &facts)?;
        let factor = pricing.parts(0, self.now_ms).product();
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
            category: facts.category,
            step: pricing.step,
            discount: pricing.discount,
            discount_until_ms: pricing.discount_until_ms,
            preview_ms: pricing.preview_ms,
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
        let (watched_ms, factor) = match &item.planned {
            None => (0, Factor::Fixed(item.factor)),
            Some(planned) => {
                let kind = self.plan_kind(item.stream, planned.plan);
                let kind = kind.ok_or(Error::Overflow)?;
                let rules = clock::Pricing::rules(&kind);
                let steps = rules.as_ref().map_or(0, |rules| rules.audience.len());
                if planned.discount > FACTOR_ONE || usize::from(planned.step) > steps {
                    return Err(Error::Overflow);
                }
                let pricing = clock::Pricing {
                    rules,
                    class: planned.class,
                    category: planned.category,
                    step: planned.step,
                    discount: planned.discount,
                    discount_until_ms: planned.discount_until_ms,
                    preview_ms: planned.preview_ms,
                };
                (planned.watched_ms, Factor::Planned(Box::new(pricing)))
            }
        };
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
            watched_ms,
            runs: if item.running { &[run] } else { &[] },
            asset: item.asset,
            rate_per_sec: item.rate_per_sec,
            factor,
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
    pub fn quote(&self, request: &QuoteRequest) -> Result<Quote, Error> {
        let QuoteRequest { stream, asset, .. } = *request;
        self.ensure_pricing_wired()?;
        self.pricing_reads_registry()?;
        self.pricing_reads_payments()?;
        let facts = self.facts(stream).ok_or(Error::StreamNotFound)?;
        let rate_per_sec = self.open_rate(stream, asset)?;
        let pricing = self.priced_by(request.viewer, request.audience, stream, &facts)?;
        let parts = pricing.parts(0, self.now_ms);
        let per_ms = rate_per_sec * u128::from(parts.product());
        let until_ms = self.now_ms.checked_add(request.duration_ms);
        let run = Run {
            from_ms: self.now_ms,
            to_ms: Some(until_ms.ok_or(Error::Overflow)?),
        };
        let paid = Clock {
            base: 0,
            watched_ms: 0,
            runs: &[run],
            asset,
            rate_per_sec,
            factor: Factor::Planned(Box::new(clock::Pricing {
                preview_ms: 0,
                ..pricing.clone()
            })),
            ceiling: Balance::MAX,
            hold: Balance::MAX,
            track: &[],
            stop_ms: Millis::MAX,
        };
        let hold = paid.accrued_at(Millis::MAX);
        if hold == Balance::MAX {
            return Err(Error::Overflow);
        }
        let hold = hold.div_ceil(SCALE);
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
            factor: parts.product(),
            factors: Factors {
                class: parts.class,
                category: parts.category,
                audience: parts.audience,
                tier: parts.tier,
                peak: parts.peak,
                discount: parts.discount,
            },
            discount_until_ms: pricing.discount_until_ms,
            preview_ms: pricing.preview_ms,
            plan: self.plan(stream),
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
                check_plan(kind)?;
                let plans = self.pricing.plans.entry(*stream).or_default();
                plans.push(kind.clone());
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
            PricingCall::Offer {
                viewer,
                audience,
                request,
            } => self.offer(*viewer, *audience, request).map(Value::Offer),
            PricingCall::Charge { now_ms, items } => {
                self.charge(*now_ms, items).map(Value::Charged)
            }
            PricingCall::Quote(request) => self.quote(request).map(Value::Quote),
            PricingCall::SetStaking(staking) => {
                if caller != self.admin(Part::Pricing).owner {
                    return Err(Error::Admin(AdminError::NotOwner));
                }
                self.pricing.staking = *staking;
                Ok(Value::Unit)
            }
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
