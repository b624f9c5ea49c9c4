//! What a second of a stream costs: its rates in each asset, the versions of its plan, the price track of each broadcast, and
//! the one place where a charge is computed.
//!
//! **Two codes.** Rates, and offers and charges of sessions that cost the rate and nothing else, are here. What a plan, a pass or a
//! stake makes of the price is in a second code, `pricing_plans`, which runs on this contract's storage.
//!
//! **Who may do what.** A stream's owner and operators set its rates and plan; anyone reads. The contract's owner changes its
//! codes and wiring, behind the change delay, and names the staking contract. Rates changed while a broadcast is on air bind all its sessions, within the
//! ceilings that their viewers chose.
//!
//! **Where money flows.** None is here: `tick_stream` asks for charges and has `payment_handler` move the money.
//!
//! **Units.** Base units a second; price factors in millionths; milliseconds of chain time; what accrues in 10^9ths of
//! a base unit.
//!
//! **Cells.** A stream's rates and the number of its plan are one cell, each version of its plan and each broadcast's track are
//! others; none is ever freed.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod rules;
#[cfg(test)]
mod tests;

#[ink::contract]
mod pricing_engine {
    use crate::rules::{ensure_rates, ensure_room};
    use ink::{codegen::Env as _, prelude::vec::Vec};
    use vilokanam_admin::{Admin, Slots};
    use vilokanam_interfaces::{
        events::pricing_engine::*, AdminError, Administered, Administration, AssetRate,
        BroadcastNo, Change, ChargeItem, Charged, Discount, Millis, Offer, OpenRequest, PlanKind,
        PlanNo, PricingEngine, PricingEngineError, PricingLimits, PricingPlans, Quote,
        QuoteRequest, Staking, StreamFacts, StreamId, TrackEntry, Wiring, FACTOR_ONE,
        MAX_CATEGORY_FACTORS, MAX_CHARGES, MAX_FACTOR, MAX_PEAKS, MAX_PREVIEW_MS, MAX_RATE,
        MAX_RATES, MAX_STEPS, MAX_TIERS, MAX_TRACK, MIN_REPRICE_MS,
    };
    use vilokanam_prices::{
        book::{Book, Prices},
        calls::Wired,
        rules::{charge_one, ensure_affordable, ensure_few, ensure_open, on_air, rate_of, End},
        Result,
    };

    type AdminResult<T> = core::result::Result<T, AdminError>;

    /// Raised by every release that changes the storage layout.
    const LAYOUT_VERSION: u32 = 1;
    /// Needs these contracts, and may change all.
    const SLOTS: Slots = Slots {
        registry: true,
        payments: true,
        passes: true,
        second_code: true,
        ..Slots::NONE
    };

    /// The pricing engine.
    #[ink(storage)]
    #[derive(Default)]
    pub struct Pricing {
        /// Ownership, delayed changes, wiring, the second code.
        admin: Admin,
        /// Rates, tracks, plans.
        pub(crate) book: Book,
    }

    impl Pricing {
        /// See `PricingEngine`.
        #[ink(constructor)]
        pub fn new(change_delay_ms: Millis, plans: Hash) -> AdminResult<Self> {
            let mut this = Self::default();
            this.admin.init(change_delay_ms)?;
            this.admin.set_second_code(plans);
            Ok(this)
        }
    }

    impl PricingEngine for Pricing {
        #[ink(message)]
        fn rates(&self, stream: StreamId) -> Vec<AssetRate> {
            self.book.prices(stream).rates
        }

        #[ink(message)]
        fn track(&self, stream: StreamId, broadcast: BroadcastNo) -> Vec<TrackEntry> {
            self.book.track(stream, broadcast)
        }

        #[ink(message)]
        fn plan(&self, stream: StreamId) -> PlanNo {
            self.book.prices(stream).plan
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
        fn limits(&self) -> PricingLimits {
            PricingLimits {
                rate: MAX_RATE,
                rates: MAX_RATES,
                track: MAX_TRACK,
                min_reprice_ms: MIN_REPRICE_MS,
                charges: MAX_CHARGES,
                factor: MAX_FACTOR,
                preview_ms: MAX_PREVIEW_MS,
                tiers: MAX_TIERS,
                peaks: MAX_PEAKS,
                steps: MAX_STEPS,
                categories: MAX_CATEGORY_FACTORS,
            }
        }
    }

    /// Where all is flat it is done here; else the other code does it, on this storage.
    #[allow(unused_variables)] // what is called is handed over as it came
    impl PricingPlans for Pricing {
        #[ink(message)]
        fn offer(&self, viewer: AccountId, audience: u32, request: OpenRequest) -> Result<Offer> {
            let prices = self.book.prices(request.stream);
            if prices.ruled || request.discount != Discount::None {
                self.hand_over()
            }
            let facts = self.wired()?.facts(request.stream)?;
            let facts = facts.ok_or(PricingEngineError::StreamNotFound)?;
            self.offer_on(facts, prices, viewer, &request)
        }

        #[ink(message)]
        fn charge(&self, now_ms: Millis, items: Vec<ChargeItem>) -> Result<Vec<Charged>> {
            if items.iter().any(|item| item.planned.is_some()) {
                self.hand_over()
            }
            ensure_few(&items)?;
            let ends = self.wired()?.ends(&items, self.env().block_timestamp())?;
            self.charge_until(now_ms, &items, &ends)
        }

        #[ink(message)]
        fn plan_kind(&self, stream: StreamId, plan: PlanNo) -> Option<PlanKind> {
            self.hand_over()
        }

        #[ink(message)]
        fn set_plan(&mut self, stream: StreamId, kind: PlanKind) -> Result<PlanNo> {
            self.hand_over()
        }

        #[ink(message)]
        fn quote(&self, request: QuoteRequest) -> Result<Quote> {
            self.hand_over()
        }

        #[ink(message)]
        fn staking(&self) -> Option<Staking> {
            self.hand_over()
        }

        #[ink(message)]
        fn set_staking(&mut self, staking: Option<Staking>) -> Result<()> {
            self.hand_over()
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

        /// Has `pricing_plans` run the message that was called.
        fn hand_over(&self) -> ! {
            self.admin.hand_over(PricingEngineError::PlansFailed)
        }

        /// What a stream with these facts and flat prices offers.
        pub(crate) fn offer_on(
            &self,
            facts: StreamFacts,
            prices: Prices,
            viewer: AccountId,
            request: &OpenRequest,
        ) -> Result<Offer> {
            let now_ms = self.env().block_timestamp();
            ensure_open(&facts, viewer, request.referrer, now_ms)?;
            let rate_per_sec = rate_of(&prices.rates, request.asset)?;
            ensure_affordable(rate_per_sec, FACTOR_ONE, request)?;
            Ok(Offer {
                broadcast: facts.broadcast_no,
                class: facts.class,
                terms_no: facts.terms_no,
                terms: facts.terms,
                rate_per_sec,
                factor: FACTOR_ONE,
                plan: prices.plan,
                category: facts.category,
                step: 0,
                discount: FACTOR_ONE,
                discount_until_ms: 0,
                preview_ms: 0,
            })
        }

        /// Charges sessions without a plan, whose broadcasts have these ends.
        pub(crate) fn charge_until(
            &self,
            now_ms: Millis,
            items: &[ChargeItem],
            ends: &[End],
        ) -> Result<Vec<Charged>> {
            self.book
                .charge(items, ends, |item, steps| charge_one(item, steps, now_ms))
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
                let mut track = self.book.track(stream, broadcast);
                ensure_room(&track, now_ms)?;
                track.push(TrackEntry {
                    from_ms: now_ms,
                    rates: rates.to_vec(),
                });
                self.book.tracks.insert((stream, broadcast), &track);
            }
            let mut prices = self.book.prices(stream);
            let old = core::mem::replace(&mut prices.rates, rates.to_vec());
            self.book.prices.insert(stream, &prices);
            Ok(old)
        }
    }
}
