//! `pricing_plans`: what plans, passes and stakes make of a price. The second half of the pricing engine's code.
//!
//! `pricing_engine` is the engine: its address, its storage, its messages. Those of `PricingPlans` it hands over to this code where not
//! all is flat; this code runs on `pricing_engine`'s storage and under its address (a delegate call). Nobody calls an
//! instance of this contract: it would have no prices.
//!
//! **Who may do what.** A stream's owner and operators set its plan; the contract's owner names the staking contract; anyone reads.
//!
//! **Where money flows.** None is here.
//!
//! **Units.** Base units a second; price factors in millionths; milliseconds of chain time; minutes of the UTC day; what accrues
//! in 10^9ths of a base unit.
//!
//! **Cells.** See `pricing_engine`. A charge reads each plan once.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod plan;
#[cfg(test)]
mod tests;

#[ink::contract]
mod pricing_plans {
    use crate::plan::{by_pass, by_stake, ensure_plan, factors_at, Discounted, Plan, NO_DISCOUNT};
    use ink::{codegen::Env as _, prelude::vec::Vec};
    use vilokanam_admin::Admin;
    use vilokanam_interfaces::{
        events::pricing_engine::*, ChargeItem, Charged, Discount, Footprint, Millis, Obstacle,
        Offer, OpenRequest, PlanKind, PlanNo, Planned, PricingEngineError as Error, PricingPlans,
        Quote, QuoteRequest, Staking, StreamFacts, StreamId, FACTOR_ONE, MAX_HOLD,
    };
    use vilokanam_math::{charge as math, plan::hold_for};
    use vilokanam_prices::{
        book::{Book, Prices},
        calls::{stake, Wired},
        rules::{charge_one, ensure_affordable, ensure_few, ensure_open, on_air, rate_of, End},
        Result,
    };

    /// The most that opening adds for a viewer whose pool exists: the account, a new page, the stream's meter.
    const OPEN_FOOTPRINT: Footprint = Footprint {
        items: 3,
        bytes: 12_000,
    };

    /// The cells of `pricing_engine`, by the same keys.
    #[ink(storage)]
    #[derive(Default)]
    pub struct Plans {
        /// Ownership, delayed changes, wiring, the second code.
        pub(crate) admin: Admin,
        /// Rates, tracks, plans.
        pub(crate) book: Book,
    }

    /// What a viewer's session on a stream would be priced by.
    pub(crate) struct Priced {
        pub plan: Plan,
        pub planned: Planned,
    }

    impl Plans {
        /// An instance has nothing to price; chains ask for a constructor.
        #[ink(constructor)]
        pub fn new() -> Self {
            Self::default()
        }
    }

    impl PricingPlans for Plans {
        #[ink(message)]
        fn offer(&self, viewer: AccountId, audience: u32, request: OpenRequest) -> Result<Offer> {
            let wired = self.wired()?;
            let facts = wired.facts(request.stream)?.ok_or(Error::StreamNotFound)?;
            let now_ms = self.env().block_timestamp();
            ensure_open(&facts, viewer, request.referrer, now_ms)?;
            let prices = self.book.prices(request.stream);
            let rate_per_sec = rate_of(&prices.rates, request.asset)?;
            let plan = self.newest(request.stream, &prices)?;
            let asks = Some((viewer, request.discount));
            let discount = self.discount(&wired, request.stream, &facts, &plan, asks)?;
            let priced = priced(plan, prices.plan, &facts, audience, discount);
            self.offer_at(rate_per_sec, priced, facts, &request)
        }

        #[ink(message)]
        fn charge(&self, now_ms: Millis, items: Vec<ChargeItem>) -> Result<Vec<Charged>> {
            ensure_few(&items)?;
            let ends = self.wired()?.ends(&items, self.env().block_timestamp())?;
            self.charge_until(now_ms, &items, &ends)
        }

        #[ink(message)]
        fn plan_kind(&self, stream: StreamId, plan: PlanNo) -> Option<PlanKind> {
            if plan == 0 {
                return Some(PlanKind::Flat);
            }
            self.book.plans.get((stream, plan))
        }

        #[ink(message)]
        fn set_plan(&mut self, stream: StreamId, kind: PlanKind) -> Result<PlanNo> {
            self.wired()?.operated(stream, self.env().caller())?;
            self.add_plan(stream, kind)
        }

        #[ink(message)]
        fn quote(&self, request: QuoteRequest) -> Result<Quote> {
            let QuoteRequest { stream, asset, .. } = request;
            let wired = self.wired()?;
            let facts = wired.facts(stream)?;
            let allowed = wired.is_allowed(asset)?;
            let paused_until_ms = wired.paused_until()?;
            let facts = facts.ok_or(Error::StreamNotFound)?;
            let prices = self.book.prices(stream);
            let rate_per_sec = rate_of(&prices.rates, asset)?;
            let plan = self.newest(stream, &prices)?;
            let discount = self.discount(&wired, stream, &facts, &plan, request.viewer)?;
            let priced = priced(plan, prices.plan, &facts, request.audience, discount);
            let mut quote = self.quote_at(rate_per_sec, &priced, request.duration_ms)?;
            let now_ms = self.env().block_timestamp();
            quote.obstacle = obstacle(&facts, allowed, paused_until_ms, quote.hold, now_ms);
            Ok(quote)
        }

        #[ink(message)]
        fn staking(&self) -> Option<Staking> {
            self.book.staking.get_or_default()
        }

        #[ink(message)]
        fn set_staking(&mut self, staking: Option<Staking>) -> Result<()> {
            self.admin.ensure_owner().map_err(Error::Admin)?;
            let old = self.staking();
            self.book.staking.set(&staking);
            let new = staking;
            self.env().emit_event(StakingSet { old, new });
            Ok(())
        }
    }

    impl Plans {
        fn wired(&self) -> Result<Wired> {
            Wired::new(self.admin.wiring())
        }

        /// A version of a stream's plan.
        fn plan(&self, stream: StreamId, plan: PlanNo) -> Result<Plan> {
            let kind = self.plan_kind(stream, plan).ok_or(Error::Overflow)?;
            Ok(Plan::new(kind))
        }

        /// The plan on which a stream opens sessions. One that is flat need not be read.
        fn newest(&self, stream: StreamId, prices: &Prices) -> Result<Plan> {
            self.plan(stream, if prices.ruled { prices.plan } else { 0 })
        }

        /// What a viewer's pass or stake gives on a stream, if that is asked for.
        fn discount(
            &self,
            wired: &Wired,
            stream: StreamId,
            facts: &StreamFacts,
            plan: &Plan,
            asks: Option<(AccountId, Discount)>,
        ) -> Result<Discounted> {
            let now_ms = self.env().block_timestamp();
            match asks {
                Some((viewer, Discount::Pass)) => {
                    by_pass(wired.pass(viewer, stream, facts.terms.owner)?, now_ms)
                }
                Some((viewer, Discount::Stake)) if plan.stakers() < FACTOR_ONE => {
                    let Some(staking) = self.staking() else {
                        return Ok(NO_DISCOUNT);
                    };
                    let found = stake(staking.contract, viewer);
                    Ok(by_stake(plan.stakers(), &staking, found, now_ms))
                }
                _ => Ok(NO_DISCOUNT),
            }
        }

        /// What a stream with these facts offers at this rate.
        pub(crate) fn offer_at(
            &self,
            rate_per_sec: Balance,
            priced: Priced,
            facts: StreamFacts,
            request: &OpenRequest,
        ) -> Result<Offer> {
            let Priced { plan, planned } = &priced;
            let rules = plan.rules(planned).ok_or(Error::Overflow)?;
            let now_ms = self.env().block_timestamp();
            let (_, factor) = factors_at(&rules, now_ms).ok_or(Error::Overflow)?;
            ensure_affordable(rate_per_sec, factor, request)?;
            Ok(Offer {
                broadcast: facts.broadcast_no,
                class: facts.class,
                terms_no: facts.terms_no,
                terms: facts.terms,
                rate_per_sec,
                factor,
                plan: planned.plan,
                category: planned.category,
                step: planned.step,
                discount: planned.discount,
                discount_until_ms: planned.discount_until_ms,
                preview_ms: planned.preview_ms,
            })
        }

        /// What watching from now on costs at this rate; no obstacle is looked for.
        pub(crate) fn quote_at(
            &self,
            rate_per_sec: Balance,
            priced: &Priced,
            duration_ms: Millis,
        ) -> Result<Quote> {
            let Priced { plan, planned } = priced;
            let rules = plan.rules(planned).ok_or(Error::Overflow)?;
            let now_ms = self.env().block_timestamp();
            let (factors, factor) = factors_at(&rules, now_ms).ok_or(Error::Overflow)?;
            let mut deposit = OPEN_FOOTPRINT;
            if planned.preview_ms > 0 {
                // What the viewer watched of it.
                deposit.items = deposit.items.saturating_add(1);
            }
            Ok(Quote {
                rate_per_sec,
                factor,
                factors,
                discount_until_ms: planned.discount_until_ms,
                preview_ms: planned.preview_ms,
                plan: planned.plan,
                price_per_sec: math::price(rate_per_sec, factor).ok_or(Error::Overflow)?,
                hold: hold_for(rate_per_sec, &rules, now_ms, duration_ms).ok_or(Error::Overflow)?,
                deposit,
                obstacle: None,
            })
        }

        /// Charges sessions whose broadcasts have these ends.
        pub(crate) fn charge_until(
            &self,
            now_ms: Millis,
            items: &[ChargeItem],
            ends: &[End],
        ) -> Result<Vec<Charged>> {
            let mut plans: Vec<((StreamId, PlanNo), Plan)> = Vec::new();
            self.book.charge(items, ends, |item, steps| {
                let Some(planned) = &item.planned else {
                    return charge_one(item, steps, now_ms);
                };
                let of = (item.stream, planned.plan);
                if let Some((_, plan)) = plans.iter().find(|(known, _)| *known == of) {
                    return plan.charge(item, planned, steps, now_ms);
                }
                let plan = self.plan(item.stream, planned.plan)?;
                let charged = plan.charge(item, planned, steps, now_ms);
                plans.push((of, plan));
                charged
            })
        }

        /// Makes `kind` the stream's newest plan.
        pub(crate) fn add_plan(&mut self, stream: StreamId, kind: PlanKind) -> Result<PlanNo> {
            ensure_plan(&kind).map_err(Error::InvalidPlan)?;
            let mut prices = self.book.prices(stream);
            let plan = prices.plan.checked_add(1).ok_or(Error::Overflow)?;
            prices.plan = plan;
            prices.ruled = kind != PlanKind::Flat;
            self.book.plans.insert((stream, plan), &kind);
            self.book.prices.insert(stream, &prices);
            self.env().emit_event(PlanSet { stream, plan, kind });
            Ok(plan)
        }
    }

    /// What makes the price of a session that opens on a plan.
    pub(crate) fn priced(
        plan: Plan,
        number: PlanNo,
        facts: &StreamFacts,
        audience: u32,
        discount: Discounted,
    ) -> Priced {
        let planned = Planned {
            plan: number,
            class: facts.class,
            category: facts.category,
            step: plan.step(audience),
            discount: discount.factor,
            discount_until_ms: discount.until_ms,
            preview_ms: plan.preview_ms(),
            watched_ms: 0,
        };
        Priced { plan, planned }
    }

    /// The first thing that stands in the way of opening with this hold.
    pub(crate) fn obstacle(
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
}
