//! What may be sold, bought and renewed, of facts alone.

use ink::prelude::vec::Vec;
use vilokanam_interfaces::{
    events::pass_office::PassBought, AssetId, Balance, Class, Millis, Pass, PassDiscount,
    PassLevel, PassOffer, PassOfficeError as Error, PassOrder, PassPeriod, PassScope, Payment,
    Renewal, StreamFacts, FACTOR_ONE, MAX_PERIODS, RENEW_AHEAD_MS, RENEW_LATE_MS,
};

/// A holder's passes of one scope: basic, premium, VIP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Held(pub [Option<Pass>; 3]);

impl Held {
    /// The pass of this level.
    pub fn at(&self, level: PassLevel) -> Option<Pass> {
        let [basic, premium, vip] = self.0;
        match level {
            PassLevel::Basic => basic,
            PassLevel::Premium => premium,
            PassLevel::Vip => vip,
        }
    }

    /// Puts a pass in the place of the one before.
    pub fn put(&mut self, level: PassLevel, pass: Pass) {
        let [basic, premium, vip] = &mut self.0;
        let place = match level {
            PassLevel::Basic => basic,
            PassLevel::Premium => premium,
            PassLevel::Vip => vip,
        };
        *place = Some(pass);
    }
}

/// What a buyer, or a holder who allowed a renewal, agrees to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    pub period: PassPeriod,
    pub periods: u32,
    pub asset: AssetId,
    pub max_price: Balance,
    pub max_factor: u32,
}

impl From<PassOrder> for Wish {
    fn from(order: PassOrder) -> Self {
        Self {
            period: order.period,
            periods: order.periods,
            asset: order.asset,
            max_price: order.max_price,
            max_factor: order.max_factor,
        }
    }
}

impl From<Renewal> for Wish {
    fn from(renewal: Renewal) -> Self {
        Self {
            period: renewal.period,
            periods: 1,
            asset: renewal.asset,
            max_price: renewal.max_price,
            max_factor: renewal.max_factor,
        }
    }
}

/// What is bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deal {
    /// Of all periods.
    pub price: Balance,
    /// What the holder has afterwards.
    pub pass: Pass,
}

/// Whether a pass is valid at an instant.
fn is_valid(pass: &Pass, at_ms: Millis) -> bool {
    at_ms < pass.until_ms
}

/// Fails unless it may be sold.
pub fn ensure_offer(offer: &PassOffer) -> Result<(), Error> {
    if offer.factor >= FACTOR_ONE {
        return Err(Error::FactorOutOfRange);
    }
    let sold = offer.prices.iter().flatten();
    if sold.clone().next().is_none() || sold.into_iter().any(|price| *price == 0) {
        return Err(Error::InvalidPrice);
    }
    Ok(())
}

/// What buying as wished costs and gives, of what is sold, to somebody who has `before`.
pub fn agree(
    offer: Option<PassOffer>,
    before: Option<Pass>,
    wish: &Wish,
    now_ms: Millis,
) -> Result<Deal, Error> {
    let offer = offer.ok_or(Error::NotOffered)?;
    let [day, week, month] = offer.prices;
    let price = match wish.period {
        PassPeriod::Day => day,
        PassPeriod::Week => week,
        PassPeriod::Month => month,
    };
    let price = price.ok_or(Error::NotOffered)?;
    if !(1..=MAX_PERIODS).contains(&wish.periods) {
        return Err(Error::PeriodsOutOfRange { max: MAX_PERIODS });
    }
    if wish.asset != offer.asset {
        return Err(Error::OtherAsset { asset: offer.asset });
    }
    let price = price
        .checked_mul(wish.periods.into())
        .ok_or(Error::Overflow)?;
    if price > wish.max_price {
        return Err(Error::AbovePrice { price });
    }
    let factor = offer.factor;
    if factor > wish.max_factor {
        return Err(Error::AboveFactor { factor });
    }
    let valid = before.filter(|pass| is_valid(pass, now_ms));
    if let Some(pass) = valid.filter(|pass| pass.factor != factor) {
        return Err(Error::OtherFactor {
            factor: pass.factor,
            until_ms: pass.until_ms,
        });
    }
    let from_ms = valid.map_or(now_ms, |pass| pass.until_ms);
    let until_ms = wish
        .period
        .ms()
        .checked_mul(wish.periods.into())
        .and_then(|ms| from_ms.checked_add(ms))
        .ok_or(Error::Overflow)?;
    Ok(Deal {
        price,
        pass: Pass {
            until_ms,
            factor,
            renewal: before.and_then(|pass| pass.renewal),
        },
    })
}

/// What the holder allowed, if the pass is due for it.
pub fn due(pass: Option<Pass>, now_ms: Millis) -> Result<Renewal, Error> {
    let pass = pass.ok_or(Error::PassNotFound)?;
    let renewal = pass.renewal.ok_or(Error::RenewalNotAllowed)?;
    let from_ms = pass.until_ms.saturating_sub(RENEW_AHEAD_MS);
    let until_ms = pass.until_ms.saturating_add(RENEW_LATE_MS);
    if !(from_ms..=until_ms).contains(&now_ms) {
        return Err(Error::NotDue { from_ms, until_ms });
    }
    Ok(renewal)
}

/// The best of passes that are valid: the lowest factor, of equal ones the longest.
pub fn best(held: [Held; 2], now_ms: Millis) -> Option<PassDiscount> {
    let passes = held.iter().flat_map(|held| held.0.iter().flatten());
    passes
        .filter(|pass| is_valid(pass, now_ms))
        .min_by_key(|pass| (pass.factor, Millis::MAX.saturating_sub(pass.until_ms)))
        .map(|pass| PassDiscount {
            factor: pass.factor,
            until_ms: pass.until_ms,
        })
}

/// The money of what was bought: for a stream with these facts to its payees, otherwise to the creator.
pub fn payment(bought: &PassBought, facts: Option<StreamFacts>) -> Result<Payment, Error> {
    let (owner, cohosts, category) = match (bought.scope, facts) {
        (PassScope::Creator(account), _) => (account, Vec::new(), None),
        (PassScope::Stream(_), Some(facts)) => {
            (facts.terms.owner, facts.terms.cohosts, Some(facts.category))
        }
        (PassScope::Stream(_), None) => return Err(Error::StreamNotFound),
    };
    Ok(Payment {
        payer: bought.buyer,
        asset: bought.asset,
        amount: bought.price,
        class: Class::Subscription,
        category,
        owner,
        cohosts,
    })
}
