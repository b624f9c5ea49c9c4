//! What a second of a stream costs: its rates in each asset, the versions of its plan, the price track of each broadcast, and
//! the one place where a charge is computed.
//!
//! **Who may do what.** A stream's owner and operators set its rates and plan; anyone reads. The contract's owner changes its
//! code and wiring, behind the change delay. Rates changed while a broadcast is on air bind all its sessions, within the
//! ceilings that their viewers chose.
//!
//! **Where money flows.** None is here: `tick_stream` asks for charges and has `payment_handler` move the money.
//!
//! **Units.** Base units a second; price factors in millionths; milliseconds of chain time; what accrues in 10^9ths of
//! a base unit.
//!
//! **Cells.** A stream's rates and plan are one cell, a broadcast's track is another; none is ever freed.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod calls;
mod rules;
#[cfg(test)]
mod tests;

#[ink::contract]
mod pricing_engine {
    use crate::{
        calls::Wired,
        rules::{
            charge_one, end_in, ensure_affordable, ensure_open, ensure_rates, ensure_room, factor,
            obstacle, on_air, rate_of, steps_of, End,
        },
    };
    use ink::{
        codegen::Env as _,
        prelude::vec::Vec,
        storage::{traits::ManualKey, Mapping},
    };
    use vilokanam_admin::{Admin, Slots};
    use vilokanam_interfaces::{
        events::pricing_engine::*, AdminError, Administered, Administration, AssetId, AssetRate,
        BroadcastNo, Change, ChargeItem, Charged, Footprint, Millis, Offer, OpenRequest, PlanKind,
        PlanNo, PricingEngine, PricingEngineError, PricingLimits, Quote, StreamFacts, StreamId,
        TrackEntry, Wiring, MAX_CHARGES, MAX_RATE, MAX_RATES, MAX_TRACK, MIN_REPRICE_MS,
    };
    use vilokanam_math::charge as math;

    type Result<T> = core::result::Result<T, PricingEngineError>;
    type AdminResult<T> = core::result::Result<T, AdminError>;
    type Track = Vec<TrackEntry>;

    /// Raised by every release that changes the storage layout.
    const LAYOUT_VERSION: u32 = 1;
    /// Needs these contracts, and may change both.
    const SLOTS: Slots = Slots {
        registry: true,
        payments: true,
        ..Slots::NONE
    };
    /// The most that opening adds for a viewer whose pool exists: the account, a new page, the stream's meter.
    const OPEN_FOOTPRINT: Footprint = Footprint {
        items: 3,
        bytes: 12_000,
    };

    /// At what a stream opens sessions now.
    #[derive(Debug, Clone, PartialEq, Eq)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    pub struct Prices {
        /// A rate in each asset that it accepts.
        pub rates: Vec<AssetRate>,
        /// The newest version of its plan.
        pub plan: PlanNo,
        /// That plan.
        pub kind: PlanKind,
    }

    /// The pricing engine.
    #[ink(storage)]
    #[derive(Default)]
    pub struct Pricing {
        /// Ownership, delayed changes, wiring.
        admin: Admin,
        /// What streams offer; none before the first rates or plan. One read opens a session.
        prices: Mapping<StreamId, Prices, ManualKey<0x00B1_0001>>,
        /// The repricings of broadcasts, oldest first; none before the first.
        tracks: Mapping<(StreamId, BroadcastNo), Track, ManualKey<0x00B1_0002>>,
        /// The versions of plans from 1 on, which never change.
        plans: Mapping<(StreamId, PlanNo), PlanKind, ManualKey<0x00B1_0003>>,
    }

    impl Pricing {
        /// See `PricingEngine`.
        #[ink(constructor)]
        pub fn new(change_delay_ms: Millis) -> AdminResult<Self> {
            let mut this = Self::default();
            this.admin.init(change_delay_ms)?;
            Ok(this)
        }
    }

    impl PricingEngine for Pricing {
        #[ink(message)]
        fn rates(&self, stream: StreamId) -> Vec<AssetRate> {
            self.prices(stream).rates
        }

        #[ink(message)]
        fn track(&self, stream: StreamId, broadcast: BroadcastNo) -> Vec<TrackEntry> {
            self.tracks.get((stream, broadcast)).unwrap_or_default()
        }

        #[ink(message)]
        fn plan(&self, stream: StreamId) -> PlanNo {
            self.prices(stream).plan
        }

        #[ink(message)]
        fn plan_kind(&self, stream: StreamId, plan: PlanNo) -> Option<PlanKind> {
            if plan == 0 {
                return Some(PlanKind::Flat);
            }
            self.plans.get((stream, plan))
        }

        #[ink(message)]
        fn set_plan(&mut self, stream: StreamId, kind: PlanKind) -> Result<PlanNo> {
            self.wired()?.operated(stream, self.env().caller())?;
            let plan = self.add_plan(stream, kind)?;
            self.env().emit_event(PlanSet { stream, plan, kind });
            Ok(plan)
        }

        #[ink(message)]
        fn set_rates(&mut self, stream: StreamId, rates: Vec<AssetRate>) -> Result<()> {
            let wired = self.wired()?;
            let facts = wired.operated(stream, self.env().caller())?;
            ensure_rates(&rates)?;
            for AssetRate { asset, .. } in &rates {
                if !wired.is_allowed(*asset)? {
                    return Err(PricingEngineError::AssetNotAllowed { asset: *asset });
                }
            }
            let broadcast = on_air(&facts, self.env().block_timestamp());
            let old = self.reprice(stream, broadcast, &rates)?;
            self.env().emit_event(RatesSet {
                stream,
                broadcast: broadcast.unwrap_or_default(),
                old,
                new: rates,
            });
            Ok(())
        }

        #[ink(message)]
        fn offer(&self, viewer: AccountId, request: OpenRequest) -> Result<Offer> {
            let facts = self.wired()?.facts(request.stream)?;
            self.offer_on(
                facts.ok_or(PricingEngineError::StreamNotFound)?,
                viewer,
                &request,
            )
        }

        #[ink(message)]
        fn charge(&self, now_ms: Millis, items: Vec<ChargeItem>) -> Result<Vec<Charged>> {
            if items.len() > MAX_CHARGES as usize {
                return Err(PricingEngineError::TooManyCharges { max: MAX_CHARGES });
            }
            let ends = self.ends(&items)?;
            self.charge_until(now_ms, &items, &ends)
        }

        #[ink(message)]
        fn quote(&self, stream: StreamId, asset: AssetId, duration_ms: Millis) -> Result<Quote> {
            let wired = self.wired()?;
            let facts = wired.facts(stream)?;
            let allowed = wired.is_allowed(asset)?;
            let paused_until_ms = wired.paused_until()?;
            let facts = facts.ok_or(PricingEngineError::StreamNotFound)?;
            let prices = self.prices(stream);
            let rate_per_sec = rate_of(&prices.rates, asset)?;
            let factor = factor(prices.kind);
            let hold = math::hold_for(rate_per_sec, factor, duration_ms)
                .ok_or(PricingEngineError::Overflow)?;
            let now_ms = self.env().block_timestamp();
            Ok(Quote {
                rate_per_sec,
                factor,
                price_per_sec: math::price(rate_per_sec, factor)
                    .ok_or(PricingEngineError::Overflow)?,
                hold,
                deposit: OPEN_FOOTPRINT,
                obstacle: obstacle(&facts, allowed, paused_until_ms, hold, now_ms),
            })
        }

        #[ink(message)]
        fn limits(&self) -> PricingLimits {
            PricingLimits {
                rate: MAX_RATE,
                rates: MAX_RATES,
                track: MAX_TRACK,
                min_reprice_ms: MIN_REPRICE_MS,
                charges: MAX_CHARGES,
            }
        }
    }

    impl Administered for Pricing {
        #[ink(message)]
        fn administration(&self) -> Administration {
            self.admin.administration(LAYOUT_VERSION, SLOTS)
        }

        #[ink(message)]
        fn propose_owner(&mut self, account: Option<AccountId>) -> AdminResult<()> {
            self.admin.propose_owner(account)
        }

        #[ink(message)]
        fn accept_owner(&mut self) -> AdminResult<()> {
            self.admin.accept_owner()
        }

        #[ink(message)]
        fn announce(&mut self, change: Change) -> AdminResult<u32> {
            self.admin.announce(change, SLOTS)
        }

        #[ink(message)]
        fn cancel(&mut self, id: u32) -> AdminResult<()> {
            self.admin.cancel(id)
        }

        #[ink(message)]
        fn apply(&mut self, id: u32) -> AdminResult<()> {
            self.admin.apply(id, SLOTS)
        }

        #[ink(message)]
        fn wire(&mut self, wiring: Wiring) -> AdminResult<()> {
            self.admin.wire(SLOTS, wiring)
        }
    }

    impl Pricing {
        fn wired(&self) -> Result<Wired> {
            Wired::new(self.admin.wiring())
        }

        fn prices(&self, stream: StreamId) -> Prices {
            self.prices.get(stream).unwrap_or(Prices {
                rates: Vec::new(),
                plan: 0,
                kind: PlanKind::Flat,
            })
        }

        /// The ends of the items' broadcasts: one call, whatever their number. One to come by the clock of now is none yet.
        fn ends(&self, items: &[ChargeItem]) -> Result<Vec<End>> {
            let mut broadcasts = Vec::new();
            for item in items {
                let broadcast = (item.stream, item.broadcast);
                if !broadcasts.contains(&broadcast) {
                    broadcasts.push(broadcast);
                }
            }
            let ends = self.wired()?.ends(broadcasts.clone())?;
            let now_ms = self.env().block_timestamp();
            let known = |end_ms| if end_ms > now_ms { Millis::MAX } else { end_ms };
            Ok(broadcasts
                .into_iter()
                .zip(ends.into_iter().map(known))
                .collect())
        }

        /// What a stream with these facts offers.
        pub(crate) fn offer_on(
            &self,
            facts: StreamFacts,
            viewer: AccountId,
            request: &OpenRequest,
        ) -> Result<Offer> {
            ensure_open(
                &facts,
                viewer,
                request.referrer,
                self.env().block_timestamp(),
            )?;
            let prices = self.prices(request.stream);
            let rate_per_sec = rate_of(&prices.rates, request.asset)?;
            let factor = factor(prices.kind);
            ensure_affordable(rate_per_sec, factor, request)?;
            Ok(Offer {
                broadcast: facts.broadcast_no,
                class: facts.class,
                terms_no: facts.terms_no,
                terms: facts.terms,
                rate_per_sec,
                factor,
                plan: prices.plan,
            })
        }

        /// Charges sessions whose broadcasts have these ends.
        pub(crate) fn charge_until(
            &self,
            now_ms: Millis,
            items: &[ChargeItem],
            ends: &[End],
        ) -> Result<Vec<Charged>> {
            let mut charged = Vec::with_capacity(items.len());
            // The track that was read last: a batch names the sessions of a broadcast together.
            let mut track = Vec::new();
            let mut track_of = None;
            let mut steps = Vec::new();
            let mut steps_in = None;
            for item in items {
                let broadcast = (item.stream, item.broadcast);
                if track_of != Some(broadcast) {
                    track = self.track(item.stream, item.broadcast);
                    track_of = Some(broadcast);
                    steps_in = None;
                }
                if steps_in != Some(item.asset) {
                    steps = steps_of(&track, item.asset);
                    steps_in = Some(item.asset);
                }
                let stop_ms = item.stop_ms.min(end_in(ends, broadcast));
                let item = ChargeItem { stop_ms, ..*item };
                charged
                    .push(charge_one(&item, &steps, now_ms).ok_or(PricingEngineError::Overflow)?);
            }
            Ok(charged)
        }

        /// Makes `kind` the stream's newest plan.
        pub(crate) fn add_plan(&mut self, stream: StreamId, kind: PlanKind) -> Result<PlanNo> {
            let mut prices = self.prices(stream);
            prices.plan = prices
                .plan
                .checked_add(1)
                .ok_or(PricingEngineError::Overflow)?;
            prices.kind = kind;
            self.plans.insert((stream, prices.plan), &kind);
            self.prices.insert(stream, &prices);
            Ok(prices.plan)
        }

        /// Makes `rates` the stream's, for those who open and for the broadcast on air, and returns the old ones.
        pub(crate) fn reprice(
            &mut self,
            stream: StreamId,
            broadcast: Option<BroadcastNo>,
            rates: &[AssetRate],
        ) -> Result<Vec<AssetRate>> {
            if let Some(broadcast) = broadcast {
                let now_ms = self.env().block_timestamp();
                let mut track = self.track(stream, broadcast);
                ensure_room(&track, now_ms)?;
                track.push(TrackEntry {
                    from_ms: now_ms,
                    rates: rates.to_vec(),
                });
                self.tracks.insert((stream, broadcast), &track);
            }
            let mut prices = self.prices(stream);
            let old = core::mem::replace(&mut prices.rates, rates.to_vec());
            self.prices.insert(stream, &prices);
            Ok(old)
        }
    }
}
