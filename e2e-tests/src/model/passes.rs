//! `pass_office`: what is sold, and all that was ever bought.
//!
//! A pass is not kept: until when it is valid and what it gives follows from its purchases, gone through again.

use super::{Model, Part, PassCall, Value};
use vilokanam_interfaces::{
    AccountId, Class, Millis, Pass, PassDiscount, PassLevel, PassOffer, PassOfficeError as Error,
    PassOrder, PassPeriod, PassScope, Payment, Renewal, StreamId, FACTOR_ONE, MAX_PERIODS,
    RENEW_AHEAD_MS, RENEW_LATE_MS,
};

/// Something that was bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bought {
    /// For whom.
    pub holder: AccountId,
    /// For what.
    pub scope: PassScope,
    /// Which level.
    pub level: PassLevel,
    /// When.
    pub at_ms: Millis,
    /// For how long.
    pub ms: Millis,
    /// The price factor.
    pub factor: u32,
}

/// The pass office's state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passes {
    /// What was ever offered, or no longer: the last of each counts.
    pub offers: Vec<(PassScope, PassLevel, Option<PassOffer>)>,
    /// All that was bought.
    pub bought: Vec<Bought>,
    /// What holders allowed, or no longer: the last of each counts.
    pub renewals: Vec<(AccountId, PassScope, PassLevel, Option<Renewal>)>,
}

fn length(period: PassPeriod) -> Millis {
    let days = match period {
        PassPeriod::Day => 1,
        PassPeriod::Week => 7,
        PassPeriod::Month => 30,
    };
    days * super::clock::DAY_MS
}

fn price_of(offer: &PassOffer, period: PassPeriod) -> Option<u128> {
    match period {
        PassPeriod::Day => offer.prices[0],
        PassPeriod::Week => offer.prices[1],
        PassPeriod::Month => offer.prices[2],
    }
}

impl Model {
    /// What is sold.
    pub fn pass_offer(&self, scope: PassScope, level: PassLevel) -> Option<PassOffer> {
        let offers = self.passes.offers.iter().rev();
        let mut of = offers.filter(|offer| (offer.0, offer.1) == (scope, level));
        of.next().and_then(|offer| offer.2)
    }

    /// What a holder has.
    pub fn pass(&self, holder: AccountId, scope: PassScope, level: PassLevel) -> Option<Pass> {
        let bought = self.passes.bought.iter();
        let mine = bought.filter(|b| (b.holder, b.scope, b.level) == (holder, scope, level));
        let mut found = None;
        for b in mine {
            let until_ms = found.map_or(0, |pass: Pass| pass.until_ms).max(b.at_ms) + b.ms;
            found = Some(Pass {
                until_ms,
                factor: b.factor,
                renewal: None,
            });
        }
        let renewals = self.passes.renewals.iter().rev();
        let mut allowed = renewals.filter(|r| (r.0, r.1, r.2) == (holder, scope, level));
        Some(Pass {
            renewal: allowed.next().and_then(|r| r.3),
            ..found?
        })
    }

    /// The best that a viewer's passes give on a stream.
    pub fn pass_discount(
        &self,
        viewer: AccountId,
        stream: StreamId,
        owner: AccountId,
    ) -> Option<PassDiscount> {
        let mut valid = Vec::new();
        for scope in [PassScope::Stream(stream), PassScope::Creator(owner)] {
            for level in [PassLevel::Basic, PassLevel::Premium, PassLevel::Vip] {
                let pass = self.pass(viewer, scope, level);
                valid.extend(pass.filter(|pass| self.now_ms < pass.until_ms));
            }
        }
        valid.sort_by_key(|pass| (pass.factor, u64::MAX - pass.until_ms));
        valid.first().map(|pass| PassDiscount {
            factor: pass.factor,
            until_ms: pass.until_ms,
        })
    }

    fn ensure_passes_wired(&self) -> Result<(), Error> {
        let wiring = self.wiring(Part::Passes);
        let wired = wiring.registry.is_some() && wiring.payments.is_some();
        wired.then_some(()).ok_or(Error::NotWired)
    }

    fn passes_read_registry(&self) -> Result<(), Error> {
        let slot = self.wiring(Part::Passes).registry;
        let answered = self.reaches(self.contracts.passes, slot, self.contracts.registry);
        answered.then_some(()).ok_or(Error::RegistryFailed)
    }

    pub(super) fn pass_call(&mut self, caller: AccountId, call: &PassCall) -> Result<Value, Error> {
        match call {
            PassCall::SetOffer {
                scope,
                level,
                offer,
            } => {
                let creator = match scope {
                    PassScope::Creator(account) => *account,
                    PassScope::Stream(stream) => {
                        self.ensure_passes_wired()?;
                        self.passes_read_registry()?;
                        let stream = self.stream(*stream);
                        stream.ok_or(Error::StreamNotFound)?.owner
                    }
                };
                if caller != creator {
                    return Err(Error::NotCreator);
                }
                if let Some(offer) = offer {
                    if offer.factor >= FACTOR_ONE {
                        return Err(Error::FactorOutOfRange);
                    }
                    let sold: Vec<_> = offer.prices.iter().flatten().collect();
                    if sold.is_empty() || sold.contains(&&0) {
                        return Err(Error::InvalidPrice);
                    }
                }
                self.passes.offers.push((*scope, *level, *offer));
                Ok(Value::Unit)
            }
            PassCall::Buy(order) => {
                self.ensure_passes_wired()?;
                self.buy(caller, order).map(Value::Until)
            }
            PassCall::SetRenewal {
                scope,
                level,
                renewal,
            } => {
                let pass = self.pass(caller, *scope, *level);
                pass.ok_or(Error::PassNotFound)?;
                let renewals = &mut self.passes.renewals;
                renewals.push((caller, *scope, *level, *renewal));
                Ok(Value::Unit)
            }
            PassCall::Renew {
                holder,
                scope,
                level,
            } => {
                self.ensure_passes_wired()?;
                let pass = self.pass(*holder, *scope, *level);
                let pass = pass.ok_or(Error::PassNotFound)?;
                let renewal = pass.renewal.ok_or(Error::RenewalNotAllowed)?;
                let from_ms = pass.until_ms - RENEW_AHEAD_MS;
                let until_ms = pass.until_ms + RENEW_LATE_MS;
                if !(from_ms..=until_ms).contains(&self.now_ms) {
                    return Err(Error::NotDue { from_ms, until_ms });
                }
                let order = PassOrder {
                    scope: *scope,
                    level: *level,
                    period: renewal.period,
                    periods: 1,
                    asset: renewal.asset,
                    max_price: renewal.max_price,
                    max_factor: renewal.max_factor,
                    holder: None,
                };
                self.buy(*holder, &order).map(Value::Until)
            }
        }
    }

    fn buy(&mut self, buyer: AccountId, order: &PassOrder) -> Result<Millis, Error> {
        let PassOrder { scope, level, .. } = *order;
        let offer = self.pass_offer(scope, level).ok_or(Error::NotOffered)?;
        let price = price_of(&offer, order.period).ok_or(Error::NotOffered)?;
        if !(1..=MAX_PERIODS).contains(&order.periods) {
            return Err(Error::PeriodsOutOfRange { max: MAX_PERIODS });
        }
        if offer.asset != order.asset {
            let asset = offer.asset;
            return Err(Error::OtherAsset { asset });
        }
        let price = price.checked_mul(order.periods.into());
        let price = price.ok_or(Error::Overflow)?;
        if price > order.max_price {
            return Err(Error::AbovePrice { price });
        }
        if offer.factor > order.max_factor {
            let factor = offer.factor;
            return Err(Error::AboveFactor { factor });
        }
        let holder = order.holder.unwrap_or(buyer);
        let pass = self.pass(holder, scope, level);
        let valid = pass.filter(|pass| self.now_ms < pass.until_ms);
        if let Some(other) = valid.filter(|pass| pass.factor != offer.factor) {
            return Err(Error::OtherFactor {
                factor: other.factor,
                until_ms: other.until_ms,
            });
        }
        let (category, owner, cohosts) = match scope {
            PassScope::Creator(account) => (None, account, Vec::new()),
            PassScope::Stream(stream) => {
                self.passes_read_registry()?;
                let facts = self.facts(stream).ok_or(Error::StreamNotFound)?;
                (Some(facts.category), facts.terms.owner, facts.terms.cohosts)
            }
        };
        let payment = Payment {
            payer: buyer,
            asset: offer.asset,
            amount: price,
            class: Class::Subscription,
            category,
            owner,
            cohosts,
        };
        let slot = self.wiring(Part::Passes).payments;
        if !self.reaches(self.contracts.passes, slot, self.contracts.payments) {
            return Err(Error::PaymentsFailed);
        }
        self.pay(self.contracts.passes, &payment)
            .map_err(Error::Payments)?;
        self.passes.bought.push(Bought {
            holder,
            scope,
            level,
            at_ms: self.now_ms,
            ms: length(order.period) * Millis::from(order.periods),
            factor: offer.factor,
        });
        let pass = self.pass(holder, scope, level).expect("it was bought");
        Ok(pass.until_ms)
    }
}
